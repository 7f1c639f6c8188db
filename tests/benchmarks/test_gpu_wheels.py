"""What is carried to a GPU machine without a network."""

import wheels


def test_what_a_training_imports_and_torch_does_not_bring_is_carried(capsys):
    wheels.main()
    names = {line.partition("==")[0] for line in capsys.readouterr().out.splitlines()}
    # Of the core, of the extra `train`, and of what those bring in turn.
    assert {"soundfile", "soxr", "hydra-core", "megatron-energon", "webdataset", "cffi", "braceexpand"} <= names
    # Large, or built for the machine's own driver.
    assert not {"torch", "torchaudio", "numpy", "transformers", "triton", "s3fs", "botocore"} & names


def test_what_a_test_or_a_page_needs_is_not_carried():
    assert not {"optuna", "jiwer", "onnx", "wandb", "pytest"} & wheels.lacking()
