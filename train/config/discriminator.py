"""Shape of a discriminator; plain data, so that programs without PyTorch can read it."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class DiscriminatorConfig:
    """Shape of a discriminator."""

    resolution: int
    """Side of the pictures, pixels; a power of two of at least 8."""
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
        if self.channel_base < self.resolution or self.channel_max < 1:
            raise ValueError(
                "the discriminator has no channels: its channel_base must be at least the "
                f"resolution, {self.resolution}, got {self.channel_base}; its channel_max at "
                f"least 1, got {self.channel_max}"
            )

    def channels(self, resolution: int) -> int:
        """Return the number of channels at a resolution."""
        return min(self.channel_base // resolution, self.channel_max)
