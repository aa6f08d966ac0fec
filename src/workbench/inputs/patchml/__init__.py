"""PatchML: annotated boxes, the pool of patches, the plan of a set, and its composites."""

from workbench.inputs.patchml import boxes, composites, patches
from workbench.inputs.patchml.planning import CANVAS, COUNTS, check, default_size, plan
from workbench.inputs.patchml.plans import Plan, counts_by_label, label_set, read, write
