# SPDX-License-Identifier: GPL-2.0
"""The one exception type that is a message for the person at the keyboard."""


class HarnessError(Exception):
    """A fact that stops the run, in one sentence."""
