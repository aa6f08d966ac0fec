"""Commands that make predictions, or bring them."""

from pathlib import Path
from typing import Annotated, Any

import typer

from workbench.cli.options import Answer, Distractors, Mirror, Pixels, Protocol, fail, use_mirror
from workbench.cli.stopping import again, saying
from workbench.cli.terminal import plain
from workbench.errors import counted


def predict(
    checkpoints: Annotated[
        list[str],
        typer.Argument(
            help="timm names, NAME@FILE, patterns (tf_*lite*), @published, clip:ARCH/TAG, clip:ARCH@FILE, "
            "or a .txt with one a line."
        ),
    ],
    images: Annotated[
        str, typer.Option(help="Pictures: a folder, .tar shards, a .parquet file, a .txt list or patchml:PLAN.")
    ],
    image_set: Annotated[str, typer.Option(help="Name of the image set, for instance v1 or v2.")],
    protocol: Annotated[
        Protocol, typer.Option(help="resize: no crop, as in the paper; crop: the model's own.")
    ] = Protocol.resize,
    precision: Annotated[str, typer.Option(help="auto, fp32, bf16 or fp16.")] = "auto",
    device: Annotated[str, typer.Option(help="auto, cpu or cuda:N.")] = "auto",
    batch_size: Annotated[int | None, typer.Option(help="Pictures at a time; by default 32, on a GPU 128.")] = None,
    topk: Annotated[int, typer.Option(help="Classes to keep of each picture.")] = 16,
    compile: Annotated[str, typer.Option(help="auto (where it pays), on or off.")] = "auto",
    pixels: Annotated[
        Pixels, typer.Option(help="exact: timm's own; fast: resized by torch, nearly the same pixels.")
    ] = Pixels.exact,
    out: Annotated[Path, typer.Option(help="Folder for the predictions files.")] = Path("predictions"),
    restart: Annotated[bool, typer.Option(help="Make anew what is there; once killed, it goes on.")] = False,
    cluster: Annotated[
        str | None,
        typer.Option(help="Have the workers of a dask cluster do it: local:N, a scheduler's address, or a .yaml file."),
    ] = None,
    json_log: Annotated[Path | None, typer.Option(help="Append progress to this file as JSON lines.")] = None,
) -> None:
    """Run checkpoints over pictures; an interrupted run goes on where it stopped."""
    from workbench import progress
    from workbench.inputs import opening
    from workbench.inputs.checkpoints import expand
    from workbench.inputs.images import check_names
    from workbench.predict import engine

    names, pictures = expand(checkpoints), opening.open_set(images, image_set)
    check_names(image_set, pictures.images)
    settings: dict[str, Any] = {
        "protocol": protocol.value,
        "precision": precision,
        "device": device,
        "batch_size": batch_size,
        "topk": topk,
        "compile": compile,
        "pixels": pixels.value,
        "out": out,
        "restart": restart,
        "on_event": progress.several(progress.bar(), *([progress.json_log(json_log)] if json_log else []), again),
    }
    with saying(f"the same command goes on where this one stopped; what is done so far is kept in {out}"):
        if cluster is None:
            results = engine.predict(names, pictures, **settings)
        else:
            results = _on_cluster(cluster, names, images, image_set, settings)
    for one in results:
        speed = f"{one.provenance['images_per_second']} images/s"
        typer.echo(f"{out / one.file_name}: {len(one)} of {counted(len(pictures), 'picture', 'pictures')}, {speed}")
    if results and (failures := results[0].failures):
        listed = out / f"{image_set}--failures.csv"
        first, left = next(iter(failures.values())), counted(len(failures), "picture is", "pictures are")
        typer.echo(plain(f"{left} left out; reasons in {listed}; the first: {first}"), err=True)
    if len(results) < len(names):
        asked = counted(len(names), "checkpoint", "checkpoints")
        typer.echo(f"{len(names) - len(results)} of {asked} could not be had, see above", err=True)
        raise typer.Exit(1)


def _on_cluster(where: str, names: list[str], images: str, image_set: str, settings: dict[str, Any]) -> list:
    from workbench.predict.cluster import running
    from workbench.predict.cluster.where import opened

    with opened(where) as client:
        typer.echo(f"dask's dashboard: {client.dashboard_link}", err=True)
        return running.predict(names, images, image_set, client=client, **settings)


def ask(
    model: Annotated[str, typer.Argument(help="hf:NAME of the hub, hf:FOLDER, or openai:MODEL@URL of a server.")],
    images: Annotated[str, typer.Option(help="Pictures: a folder, .tar shards, a .parquet file or a .txt list.")],
    image_set: Annotated[str, typer.Option(help="Name of the image set, for instance v1 or v2.")],
    answer: Annotated[
        Answer, typer.Option(help="generate: it writes an answer; likelihood: it scores the ten letters.")
    ] = Answer.generate,
    questions: Annotated[Path | None, typer.Option(help="A file of questions; by default they are drawn.")] = None,
    labels: Annotated[
        str | None, typer.Option(help="The single labels that are asked for; by default the image set's own.")
    ] = None,
    seed: Annotated[int, typer.Option(help="Draws the options of a question, with its picture's name.")] = 42,
    distractors: Annotated[
        Distractors, typer.Option(help="any: all other classes; invalid: none that is a valid label of the picture.")
    ] = Distractors.any,
    names: Annotated[str, typer.Option(help="Class names: unique, openai, or a file with 1000 lines.")] = "unique",
    limit: Annotated[int | None, typer.Option(min=1, help="Only so many pictures, drawn with the seed.")] = None,
    max_tokens: Annotated[int, typer.Option(min=1, help="Most tokens of an answer; more where it thinks.")] = 32,
    in_flight: Annotated[int, typer.Option(min=1, help="Questions at once, where a server answers them.")] = 8,
    retries: Annotated[
        int | None, typer.Option(min=0, help="How often a server is asked again after an error that may pass.")
    ] = None,
    device: Annotated[str, typer.Option(help="auto, cpu or cuda:N, for hf:.")] = "auto",
    precision: Annotated[str, typer.Option(help="auto, fp32, bf16 or fp16, for hf:.")] = "auto",
    out: Annotated[Path, typer.Option(help="Folder for the answers and the questions.")] = Path("answers"),
    restart: Annotated[bool, typer.Option(help="Make anew what is there; once killed, it goes on.")] = False,
    json_log: Annotated[Path | None, typer.Option(help="Append progress to this file as JSON lines.")] = None,
    mirror: Mirror = None,
) -> None:
    """Ask a vision-language model ten-way multiple-choice questions; an interrupted run goes on where it stopped."""
    from workbench import progress
    from workbench.inputs import opening
    from workbench.inputs import questions as inputs
    from workbench.predict.asking import asking, preparing

    use_mirror(mirror)
    pictures = opening.open_set(images, image_set)
    if questions is not None:
        asked = inputs.read(questions)
    else:
        how = {"seed": seed, "distractors": distractors.value, "names": names, "limit": limit}
        asked = preparing.draw(pictures, labels, **how)
    respondent = preparing.respondent(
        model,
        mode=answer.value,
        max_tokens=max_tokens,
        in_flight=in_flight,
        retries=retries,
        device=device,
        precision=precision,
    )
    listeners = [progress.bar(), *([progress.json_log(json_log)] if json_log else []), again]
    made = asking.ask(respondent, asked, pictures, out=out, restart=restart, on_event=progress.several(*listeners))
    answered = f"{len(made)} of {counted(len(asked), 'question', 'questions')} answered"
    typer.echo(f"{out / made.file_name}: {answered} ({out / asked.file_name})")
    if left := len(made.failures) + len(made.unanswered):
        listed = out / f"{Path(made.file_name).stem}--failures.csv"
        typer.echo(f"{counted(left, 'question has', 'questions have')} no answer; reasons in {listed}", err=True)
    if made.unanswered:
        typer.echo(f"{len(made.unanswered)} of them got no reply; the same command asks them again", err=True)
        raise typer.Exit(1)


def import_(
    file: Annotated[Path, typer.Argument(help="Predictions or outputs: .npy, .npz, .csv or .parquet.")],
    checkpoint: Annotated[str, typer.Option(help="Name of the checkpoint.")],
    image_set: Annotated[str, typer.Option(help="Name of the image set, for instance v1 or v2.")],
    out: Annotated[Path, typer.Option(help="The predictions file to write (.parquet).")],
    protocol: Annotated[
        Protocol | None, typer.Option(help="How the pictures were put to the model; must be said.")
    ] = None,
    images: Annotated[Path | None, typer.Option(help="Image ids in row order: text with one a line, or JSON.")] = None,
    topk: Annotated[int, typer.Option(min=1, max=1000, help="Classes to keep of logits or probabilities.")] = 16,
) -> None:
    """Bring your own predictions or logits into the predictions store."""
    from workbench.inputs.images import check_names
    from workbench.predict import imports, store

    if protocol is None:
        seen = "--protocol is missing, and no file tells it; the two differ by up to 4.3 points"
        fail(f"{seen}: give resize if whole pictures were resized to the input, crop if the model's transform cut them")
    predictions = imports.import_file(
        file, checkpoint=checkpoint, image_set=image_set, images=images, protocol=protocol.value, topk=topk
    )
    check_names(image_set, predictions.images.tolist())
    store.write(predictions, out)
    brought = f"{counted(len(predictions), 'image', 'images')}, top-{predictions.topk} classes"
    typer.echo(f"{out}: {brought} of {checkpoint} on {image_set}")
