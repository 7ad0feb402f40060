#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# As its owner shuts a machine down.
systemctl poweroff
sleep 600
