"""The public top-5 predictions of 67 models on V1 and V2 (Recht et al. 2019), as predictions of this store.

They were made with each model's own evaluation transform, so their protocol is ``crop``; they carry no scores.
"""

from collections.abc import Iterator

import numpy as np

from workbench.errors import DamagedFileError
from workbench.inputs import labels, sources
from workbench.predict.store import Predictions, from_arrays

# folder in the public repository -> image set, and the label set whose order is the row order of the arrays
FOLDERS = {"imagenet-validation-original": ("v1", "v1-original"), "imagenetv2-b-33": ("v2", "v2-original")}


def load() -> Iterator[Predictions]:
    """All 134, one at a time: V1 first, models by name. Raises as :func:`workbench.inputs.sources.locate`."""
    for key, path in sources.locate("recht2019").items():
        folder, checkpoint = key.split("/", 1)
        image_set, order = FOLDERS[folder]
        try:
            classes = np.load(path, allow_pickle=False)
        except ValueError as error:
            raise DamagedFileError(f"{path} cannot be read ({error}); fetch it again") from error
        images = labels.load(order).images
        yield from_arrays(checkpoint, image_set, images, classes, protocol="crop", source="recht2019")
