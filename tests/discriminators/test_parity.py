"""Every discriminator's score against NeMo's."""

import torch


def test_scores_equal_nemos(reference):
    arrays, discriminators = reference.arrays, reference.discriminators
    inputs = discriminators.transform(arrays["real"], arrays["fake"])
    outputs = zip(discriminators(inputs.real), discriminators(inputs.fake), strict=True)
    for i, (real, fake) in enumerate(outputs):
        torch.testing.assert_close(real.score, arrays[f"score_real_{i}"], atol=1e-5, rtol=0)
        torch.testing.assert_close(fake.score, arrays[f"score_fake_{i}"], atol=1e-5, rtol=0)
    assert f"score_real_{len(discriminators.names)}" not in arrays


def test_features_are_nemos(reference):
    """Which maps count as features differs between the networks: their means say whether the right ones do."""
    discriminators = reference.discriminators
    inputs = discriminators.transform(reference.arrays["real"], reference.arrays["real"])
    means = [[f.double().mean().item() for f in output.feature_maps] for output in discriminators(inputs.real)]
    for found, expected in zip(means, reference.scalars["feature_means_real"], strict=True):
        torch.testing.assert_close(torch.tensor(found), torch.tensor(expected), atol=1e-7, rtol=1e-5)
