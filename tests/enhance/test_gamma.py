import pytest
import torch

from ukd_bench.enhance import Gamma, Identity
from ukd_bench.errors import ConfigError


@pytest.mark.parametrize('gamma', [0.1, 1.0, 1.8, 2.5, 10, 20])
def test_every_intensity_follows_the_formula(gamma):
    out = Gamma(gamma)(torch.arange(256, dtype=torch.uint8))
    wanted = [255 * (i / 255) ** (1 / gamma) for i in range(256)]
    torch.testing.assert_close(out, torch.tensor(wanted), rtol=1e-6, atol=0)


def test_known_values():
    out = Gamma(2.0)(torch.tensor([0, 4, 255], dtype=torch.uint8))
    torch.testing.assert_close(out, torch.tensor([0.0, (255 * 4) ** 0.5, 255.0]))


def test_shape_is_kept_and_identity_is_the_same_numbers_as_floats():
    clips = torch.randint(0, 256, (2, 1, 3, 4, 5, 6), dtype=torch.uint8)
    assert Gamma(1.8)(clips).shape == clips.shape
    out = Identity()(clips)
    assert out.dtype == torch.float32
    assert torch.equal(out, Gamma(1.0)(clips).round())
    assert torch.equal(out.to(torch.uint8), clips)


@pytest.mark.parametrize('gamma', [0, -1, 0.09, 21])
def test_out_of_range(gamma):
    with pytest.raises(ConfigError, match=rf'gamma = {gamma} is not in \[0.1, 20\]'):
        Gamma(gamma)


def test_the_table_is_no_part_of_a_checkpoint():
    assert not Gamma(2).state_dict()


@pytest.mark.parametrize('gamma', [0.1, 1.0, 2.5, 20])
def test_the_lookup_gives_the_table_bit_for_bit_in_any_layout(gamma):
    enhancement = Gamma(gamma)
    codes = torch.arange(256, dtype=torch.uint8)
    assert torch.equal(enhancement(codes), enhancement.table)
    clips = codes.view(1, 4, 2, 32).transpose(1, 3)
    assert torch.equal(enhancement(clips), enhancement.table.view(1, 4, 2, 32).transpose(1, 3))
