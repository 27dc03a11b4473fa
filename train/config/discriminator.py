"""Shape of a discriminator; plain data, so that programs without PyTorch can read it."""

from dataclasses import dataclass

from generator.shapes import STYLEGAN2_RATE as COARSEST
from generator.shapes import full_unit


@dataclass(frozen=True, kw_only=True)
class DiscriminatorConfig:
    """Shape of a discriminator."""

    resolution: int
    """Side of the pictures, pixels; a power of two of at least 8. Of pictures of another `size` the
    pixels of the unit of which the coarsest grid has four samples."""
    size: tuple[int, int] | None = None
    """Height and width of the pictures where they are not both `resolution`."""
    img_channels: int = 3
    """Channels of the pictures."""
    c_dim: int = 0
    """Length of a label; 0 makes an unconditional discriminator."""
    channel_base: int = 32768
    """Channels times resolution."""
    channel_max: int = 512
    """Most channels at any resolution."""
    group_size: int = 4
    """Samples compared with each other by the minibatch standard deviation."""

    def __post_init__(self) -> None:
        if self.resolution < 8 or self.resolution & (self.resolution - 1):
            raise ValueError(
                f"resolution must be a power of two of at least 8, got {self.resolution}"
            )
        if self.channel_base < self.nominal or self.channel_max < 1:
            raise ValueError(
                "the discriminator has no channels: its channel_base must be at least the "
                f"resolution, {self.nominal}, got {self.channel_base}; its channel_max at "
                f"least 1, got {self.channel_max}"
            )

    @property
    def nominal(self) -> int:
        """Resolution of a square picture that is about as large."""
        return self.resolution if self.size is None else full_unit(self.size)

    @property
    def grid(self) -> tuple[int, int]:
        """Height and width of the coarsest grid."""
        height, width = self.size or (self.resolution, self.resolution)
        step = self.resolution // COARSEST
        return height // step, width // step

    def channels(self, resolution: int) -> int:
        """Return the number of channels where a unit has so many samples."""
        square = resolution * self.nominal // self.resolution
        return min(self.channel_base // square, self.channel_max)
