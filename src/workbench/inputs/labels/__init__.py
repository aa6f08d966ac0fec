"""Labels: which classes each picture shows, by name, from files, and from decisions of people."""

from workbench.inputs.labels.label_set import LabelSet, from_mapping, write
from workbench.inputs.labels.named import NAMED, OWN, load, names, of
from workbench.inputs.labels.reading import from_folders, read
