"""Is a classifier really worse, or does the benchmark ask for one label where the picture shows several?

Data flows one way through six rooms: ``inputs -> predict -> score -> claims -> show -> reproduce``. Importing the
package loads none of them; import the module you need, for instance ``from workbench.score import scores``.
"""

__version__ = "0.1.0"
