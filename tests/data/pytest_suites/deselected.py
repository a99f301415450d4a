"""Two tests of which `-k "not nested_task"` leaves one out: a pass rate of 1."""


def test_holds():
    assert True


def test_nested_task():
    assert False, "left out"
