"""A suite that pytest cannot even read: not a rate, but an error."""

import a_module_that_nobody_wrote


def test_holds():
    assert a_module_that_nobody_wrote
