"""A small convolutional autoencoder of skin: what it cannot redraw is unlike what it has seen.

Three halvings and a narrow middle: of 8 × 8 pixels of three channels, ``middle`` numbers are left.
Fully convolutional, so a face of any size (multiples of 8) gives a map.
"""

from __future__ import annotations

from torch import Tensor, nn

STRIDE = 8


class Autoencoder(nn.Module):
    """Densities beside the person's own skin in, the same drawn anew out; ``N 3 H W``."""

    def __init__(self, *, middle: int = 6, width: int = 16) -> None:
        """Build the network with ``width`` channels in its first layer."""
        super().__init__()
        a, b, c = width, width + width // 2, 2 * width
        self.encoder = nn.Sequential(
            nn.Conv2d(3, a, 4, 2, 1), nn.ReLU(),
            nn.Conv2d(a, b, 4, 2, 1), nn.ReLU(),
            nn.Conv2d(b, c, 4, 2, 1), nn.ReLU(),
            nn.Conv2d(c, middle, 1),
        )  # fmt: skip
        self.decoder = nn.Sequential(
            nn.Conv2d(middle, c, 3, 1, 1), nn.ReLU(),
            nn.ConvTranspose2d(c, b, 4, 2, 1), nn.ReLU(),
            nn.ConvTranspose2d(b, a, 4, 2, 1), nn.ReLU(),
            nn.ConvTranspose2d(a, 3, 4, 2, 1),
        )  # fmt: skip

    def forward(self, faces: Tensor) -> Tensor:
        """Return the faces as the network redraws them."""
        drawn: Tensor = self.decoder(self.encoder(faces))
        return drawn


def surprise(faces: Tensor, drawn: Tensor) -> Tensor:
    """Return ``A(x) = ‖x − x̂‖²`` per pixel, ``N H W``."""
    error: Tensor = ((faces - drawn) ** 2).sum(dim=1)
    return error
