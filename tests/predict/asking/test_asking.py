"""Every question is asked once, and every reply is kept."""

from workbench.inputs import questions
from workbench.predict.asking import answers, asking


def test_every_question_is_asked_and_its_answer_written_beside_the_questions(scripted, world, tmp_path):
    asked, pictures = world()
    model = scripted(text="C.")
    made = asking.ask(model, asked, pictures, out=tmp_path)
    assert model.heard == [(image, asked.text(row)) for row, image in enumerate(asked.images)]
    assert made.images == asked.images
    assert made.letters.tolist() == [2] * 6
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted([made.file_name, asked.file_name])
    assert questions.read(tmp_path / asked.file_name).digest == asked.digest == made.questions
    again = answers.read(tmp_path / made.file_name)
    assert again.texts == made.texts == ("C.",) * 6
    assert again.provenance == made.provenance
