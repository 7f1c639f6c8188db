import pytest

from lfsc.tokens.fingerprint import fingerprint, remove_codec_weight_norm, require_same_codec


def test_a_fingerprint_tells_what_makes_tokens_and_nothing_else(make_codec):
    codec = make_codec()
    mark = fingerprint(codec)
    assert len(bytes.fromhex(mark)) == 8
    assert fingerprint(make_codec()) == mark
    codec.decoder.conv_in.bias.data += 1
    assert fingerprint(codec) == mark
    codec.encoder.blocks[0].chains[0][0].plain.bias.data[0] += 1e-6
    assert fingerprint(codec) != mark
    others = [make_codec(seed=1), make_codec(sample_rate=16000), make_codec(levels=(7, 8, 6, 6))]
    assert len({mark, *map(fingerprint, others)}) == 4


def test_a_codec_that_lost_its_weight_norm_carries_its_fingerprint(make_codec):
    codec = make_codec()
    mark = fingerprint(codec)
    assert fingerprint(remove_codec_weight_norm(codec, fingerprint=mark)) == mark
    assert fingerprint(codec.bfloat16()) == mark
    codec.carried_fingerprint = None
    with pytest.raises(ValueError, match="carries no fingerprint"):
        fingerprint(codec)


def test_another_codecs_tokens_are_refused(make_codec):
    codec = make_codec()
    require_same_codec(fingerprint(codec), codec, name="clip")
    with pytest.raises(ValueError, match=r"clip holds tokens of codec 0123456789abcdef, this codec is [0-9a-f]{16}"):
        require_same_codec("0123456789abcdef", codec, name="clip")


CHANGES = [{"activation": "elu"}, {"pad_mode": "zeros"}, {"causal_encoder": True}, {"eps": 0.01}]


@pytest.mark.parametrize("change", CHANGES)
def test_other_arithmetic_has_another_fingerprint(make_codec, change):
    usual, other = make_codec(), make_codec(**change)
    other.load_state_dict(usual.state_dict())
    assert fingerprint(other) != fingerprint(usual)


def test_an_activations_own_weights_count_too(make_codec):
    codec = make_codec(activation="half_snake")
    before = fingerprint(codec)
    codec.encoder.activation_out.snake.alpha.data += 1
    assert fingerprint(codec) != before
