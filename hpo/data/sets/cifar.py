"""`cifar10` and `cifar100`: 60,000 colour images of ten classes, or of a hundred, by keras.datasets."""

from __future__ import annotations

from typing import Any, ClassVar, Literal

from hpo.data.sets.published import PublishedDataset

CLASSES = ("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck")
FINE = tuple(  # a hundred names in quotes read worse
    """
    apple aquarium_fish baby bear beaver bed bee beetle bicycle bottle bowl boy bridge bus butterfly camel can castle
    caterpillar cattle chair chimpanzee clock cloud cockroach couch crab crocodile cup dinosaur dolphin elephant
    flatfish forest fox girl hamster house kangaroo keyboard lamp lawn_mower leopard lion lizard lobster man maple_tree
    motorcycle mountain mouse mushroom oak_tree orange orchid otter palm_tree pear pickup_truck pine_tree plain plate
    poppy porcupine possum rabbit raccoon ray road rocket rose sea seal shark shrew skunk skyscraper snail snake spider
    squirrel streetcar sunflower sweet_pepper table tank telephone television tiger tractor train trout tulip turtle
    wardrobe whale willow_tree wolf woman worm
    """.split()  # noqa: SIM905
)
COARSE = tuple(
    """
    aquatic_mammals fish flowers food_containers fruit_and_vegetables household_electrical_devices household_furniture
    insects large_carnivores large_man-made_outdoor_things large_natural_outdoor_scenes large_omnivores_and_herbivores
    medium_mammals non-insect_invertebrates people reptiles small_mammals trees vehicles_1 vehicles_2
    """.split()  # noqa: SIM905
)


class _Cifar(PublishedDataset):
    shape: ClassVar = (32, 32, 3)
    train_images: ClassVar = 50_000


class Cifar10(_Cifar):
    """60,000 RGB images of 32 x 32 pixels in ten classes, 10,000 of them for the test (Krizhevsky, 2009).

    Keras downloads them once (170 MB) to `$KERAS_HOME/datasets`, by default `~/.keras/datasets`.
    """

    module: ClassVar = "cifar10"
    files: ClassVar = {"cifar-10-batches-py-target_archive": 170_498_071}
    remedy: ClassVar = (
        "put cifar-10-python.tar.gz there as {folder}/cifar-10-batches-py-target_archive, or use `dataset: folder`"
    )
    class_names: ClassVar = CLASSES

    dataset: Literal["cifar10"] = "cifar10"


class Cifar100(_Cifar):
    """60,000 RGB images of 32 x 32 pixels in a hundred classes, 10,000 of them for the test (Krizhevsky, 2009).

    Keras downloads them once (169 MB) to `$KERAS_HOME/datasets`, by default `~/.keras/datasets`.
    """

    module: ClassVar = "cifar100"
    files: ClassVar = {"cifar-100-python-target_archive": 169_001_437}
    remedy: ClassVar = (
        "put cifar-100-python.tar.gz there as {folder}/cifar-100-python-target_archive, or use `dataset: folder`"
    )

    dataset: Literal["cifar100"] = "cifar100"
    labels: Literal["fine", "coarse"] = "fine"
    """`fine` tells a hundred classes apart, `coarse` the twenty that they are grouped in."""

    @property
    def classes(self) -> tuple[str, ...]:
        """In the order of the published labels."""
        return FINE if self.labels == "fine" else COARSE

    @property
    def load_options(self) -> dict[str, Any]:
        """Which of its labels Keras reads."""
        return {"label_mode": self.labels}
