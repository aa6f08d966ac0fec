"""A tiny model with random weights, made and saved here, loaded as any other: what it says is no result."""

import io
import math

import numpy as np
import pytest
import torch
from PIL import Image

from workbench import cli
from workbench.errors import InputError, MissingSourceError
from workbench.inputs import images, questions
from workbench.inputs.questions import LETTERS
from workbench.predict.asking import answers, asking, hf

transformers = pytest.importorskip("transformers")

TEMPLATE = (
    "{% for message in messages %}user: {% for part in message['content'] %}"
    "{% if part['type'] == 'image' %}<image>{% else %} {{ part['text'] }}{% endif %}{% endfor %}{% endfor %} answer:"
)


def tokenizer():
    """Words and single letters, with a space before them or without, as byte-level BPE has both."""
    from tokenizers import Regex, Tokenizer, decoders, models, pre_tokenizers

    vocabulary = [
        "<unk>",
        "<pad>",
        "<image>",
        "</s>",
        *LETTERS,
        *(f"Ġ{letter}" for letter in LETTERS),
        "answer",
        "Ġuser",
    ]
    vocabulary += [f"w{i}" for i in range(20)]
    made = Tokenizer(models.WordLevel({word: i for i, word in enumerate(vocabulary)}, unk_token="<unk>"))
    made.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.Split(Regex(r" ?\w+|[^\w\s]"), "isolated"), pre_tokenizers.ByteLevel(False, use_regex=False)]
    )
    made.decoder = decoders.ByteLevel()
    special = {"unk_token": "<unk>", "pad_token": "<pad>", "eos_token": "</s>"}
    return transformers.PreTrainedTokenizerFast(
        tokenizer_object=made, **special, extra_special_tokens={"image_token": "<image>"}
    )


@pytest.fixture(scope="module")
def saved(tmp_path_factory):
    """A folder with a LLaVA of 16 dimensions, its tokenizer and its image processor."""
    folder = tmp_path_factory.mktemp("models") / "tiny"
    words = tokenizer()
    vision = transformers.CLIPVisionConfig(
        hidden_size=16, intermediate_size=16, num_hidden_layers=2, num_attention_heads=2, image_size=32, patch_size=16
    )
    text = transformers.LlamaConfig(
        hidden_size=16, intermediate_size=32, num_hidden_layers=2, num_attention_heads=2, vocab_size=len(words),
        max_position_embeddings=512, attention_dropout=0.5, eos_token_id=3, pad_token_id=1, bos_token_id=None,
    )  # fmt: skip
    config = transformers.LlavaConfig(vision_config=vision, text_config=text, image_token_id=2, image_seq_length=4)
    with torch.random.fork_rng():
        torch.manual_seed(0)
        model = transformers.LlavaForConditionalGeneration(config)
        for weights in model.parameters():
            weights.data.normal_(0, 0.5)
    model.save_pretrained(folder)
    pixels = transformers.CLIPImageProcessor(size={"shortest_edge": 32}, crop_size={"height": 32, "width": 32})
    processor = transformers.LlavaProcessor(
        pixels, words, patch_size=16, vision_feature_select_strategy="default", chat_template=TEMPLATE,
        image_token="<image>", num_additional_image_tokens=1,
    )  # fmt: skip
    processor.save_pretrained(folder)
    return folder


def png(number):
    stream = io.BytesIO()
    pixels = np.random.default_rng(number).integers(0, 256, (40, 36, 3), dtype=np.uint8)
    Image.fromarray(pixels).save(stream, "PNG")
    return stream.getvalue()


def load(folder, mode, **options):
    return hf.load(f"hf:{folder}", mode=mode, **{"max_tokens": 6, "device": "cpu", "precision": "fp32"} | options)


QUESTION = "Which? \nA. w1\nB. w2\nJ. w3"


def slow(folder, picture, question=QUESTION):
    """The ten letters' probabilities, from the parts of the model."""
    model = transformers.LlavaForConditionalGeneration.from_pretrained(folder).eval()
    words = tokenizer()
    text = f"user: {'<image>' * 4} {question} answer:"
    ids = torch.tensor([words(text)["input_ids"]])
    pixels = transformers.CLIPImageProcessor.from_pretrained(folder)(images.decode(picture, ""), return_tensors="pt")
    with torch.no_grad():
        logits = model(input_ids=ids, pixel_values=pixels["pixel_values"]).logits[0, -1].double()
    known = words.get_vocab()
    chances = [sum(math.exp(logits[known[piece]]) for piece in (letter, f"Ġ{letter}")) for letter in LETTERS]
    return np.array(chances) / sum(chances)


def test_the_likelihood_of_letters_is_that_of_the_next_token(saved):
    model = load(saved, "likelihood")
    for number in range(3):
        reply = model.reply(QUESTION, png(number))
        assert (reply.text, len(reply.scores)) == (None, 10)
        np.testing.assert_allclose(reply.scores, slow(saved, png(number)), rtol=1e-4)
    assert np.ptp([model.reply(QUESTION, png(number)).scores for number in range(3)], axis=0).max() > 1e-4  # it looks


def test_answers_are_the_same_in_any_order_and_alone(saved):
    for mode in ("generate", "likelihood"):
        model = load(saved, mode)
        forth = [model.reply(QUESTION, png(number)) for number in range(4)]
        back = [load(saved, mode).reply(QUESTION, png(number)) for number in reversed(range(4))]
        assert forth == back[::-1]


def test_what_it_writes_is_no_longer_than_asked_and_holds_no_question(saved):
    short, longer = (load(saved, "generate", max_tokens=n).reply(QUESTION, png(0)) for n in (2, 6))
    assert short.tokens <= 2
    assert longer.tokens <= 6
    assert short.text is not None
    assert longer.text is not None
    assert longer.text.startswith(short.text)
    assert "Which" not in longer.text


def test_a_folder_is_asked_end_to_end(saved, world, tmp_path):
    asked, pictures = world(4)
    model = load(saved, "likelihood")
    assert model.name == "hf:tiny"
    made = asking.ask(model, asked, pictures, out=tmp_path)
    assert made.file_name == "hf-tiny--few--likelihood.parquet"
    assert made.scores is not None
    assert made.letters.tolist() == made.scores.argmax(axis=1).tolist()
    assert set(made.outcomes) == {"likelihood"}
    np.testing.assert_allclose(made.scores.sum(axis=1), 1, rtol=1e-5)
    key = answers.read(tmp_path / made.file_name).provenance["key"]
    assert len(key["weights"]["model.safetensors"]) == 64
    assert key["precision"] == "fp32"


def test_what_cannot_be_had_is_one_sentence(saved, tmp_path, monkeypatch):
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    with pytest.raises(MissingSourceError, match="could not be had"):
        load(tmp_path / "nothing", "generate")
    (tmp_path / "config.json").write_text('{"model_type": "bert"}')
    with pytest.raises((InputError, MissingSourceError), match=str(tmp_path)):
        load(tmp_path, "generate")
    with pytest.raises(InputError, match="precision is 'fp8'"):
        load(saved, "generate", precision="fp8")


def test_pickled_weights_are_not_read(saved, tmp_path):
    import shutil

    folder = tmp_path / "pickled"
    shutil.copytree(saved, folder)
    torch.save({}, folder / "pytorch_model.bin")
    (folder / "model.safetensors").unlink()
    with pytest.raises(MissingSourceError, match="safetensors"):
        load(folder, "generate")


def test_without_the_extra_the_sentence_names_it(monkeypatch):
    monkeypatch.setattr(hf, "find_spec", lambda name: None)
    with pytest.raises(MissingSourceError, match=r"pip install -e '\.\[vlm\]'"):
        hf.load("hf:some/model", mode="generate", max_tokens=8)


def test_the_command_asks_a_folder_about_pictures(saved, tmp_path, monkeypatch, capsys):
    for number in range(4):
        path = tmp_path / "pictures" / str(number) / f"{number}.png"
        path.parent.mkdir(parents=True)
        path.write_bytes(png(number))
    where = ["--images", tmp_path / "pictures", "--image-set", "few", "--out", tmp_path / "out"]
    how = ["--answer", "likelihood", "--device", "cpu", "--precision", "fp32", "--limit", "3"]
    command = ["workbench", "ask", f"hf:{saved}", *map(str, where)]
    monkeypatch.setattr("sys.argv", [*command, *how])
    with pytest.raises(SystemExit) as ended:
        cli.main()
    assert ended.value.code == 0
    (path,) = (tmp_path / "out").glob("hf-tiny--few--likelihood.parquet")
    made = answers.read(path)
    assert f"{path}: 3 of 3 questions answered" in capsys.readouterr().out
    asked = questions.read(next((tmp_path / "out").glob("questions--*.parquet")))
    assert made.questions == asked.digest
    assert [int(image[0]) for image in asked.images] == asked.options[range(3), asked.answers].tolist()
    monkeypatch.setattr("sys.argv", [*command, *how, "--seed", "43"])
    with pytest.raises(SystemExit) as ended:
        cli.main()
    assert ended.value.code == 2
    assert "made with other settings (questions was" in capsys.readouterr().err
