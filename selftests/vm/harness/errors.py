# SPDX-License-Identifier: GPL-2.0
"""The exceptions that are a message for the person at the keyboard."""


class HarnessError(Exception):
    """A fact that stops the run, in one sentence."""


class KernelDied(HarnessError):
    """The kernel died before anything that is to be tested was in it."""
