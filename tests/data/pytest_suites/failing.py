"""Three tests of which two fail: a pass rate of one third."""


def test_holds():
    assert 1 + 1 == 2


def test_is_wrong():
    assert 1 + 1 == 3


def test_raises():
    raise RuntimeError("on purpose")
