"""Is a classifier really worse, or does the benchmark ask for one label where the picture shows several?

Data flows one way through six rooms: ``inputs -> predict -> score -> claims -> show -> reproduce``. Importing the
package loads none of them; import the module you need, for instance ``from workbench.score import scores`` for
``scores.score``, ``from workbench.score import gaps`` for ``gaps.gap``, ``from workbench.inputs import labels`` for
``labels.load`` and ``from workbench.inputs.labels import agreement`` for ``agreement.merge``.
"""

__version__ = "0.1.0"
