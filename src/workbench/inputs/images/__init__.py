"""Pictures: image sets, their readers, and decoding."""

from workbench.inputs.images.image_set import SIZES, ImageSet, canonical_id, check_names, id_in, together, v1_id
from workbench.inputs.images.pictures import decode, decoded
from workbench.inputs.images.readers import folder, listed, parquet, sample, tar_shards
