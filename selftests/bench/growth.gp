# SPDX-License-Identifier: GPL-2.0
# Plots build/bench/growth.dat and scale.dat, whose blocks and columns report names; called as:
# gnuplot -e "kind='svg'" growth.gp
set terminal kind size 1200,900
set output "build/bench/growth.".kind
set multiplot layout 2,3
set key below maxrows 2 autotitle columnhead
set yrange [0:*]
set grid ytics
set style data linespoints
set pointsize 0.8
do for [panel = 0:1] {
	do for [axis = 0:2] {
		set title word("life access", panel + 1).": ".word("window decoders devices", axis + 1)
		set ylabel axis == 0 ? word("milliseconds microseconds", panel + 1) : ""
		plot for [column = 2:*] "build/bench/growth.dat" index 2 * axis + panel using column:xtic(1) linewidth 2
	}
}
unset multiplot

# Devices that are used at once.
set terminal kind size 600,450
set output "build/bench/scale.".kind
set title "devices at once"
set ylabel "milliseconds"
plot for [column = 2:*] "build/bench/scale.dat" using column:xtic(1) linewidth 2
