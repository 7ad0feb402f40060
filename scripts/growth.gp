# SPDX-License-Identifier: GPL-2.0
# Plots build/bench/growth.dat; called as: gnuplot -e "kind='svg'" growth.gp
set terminal kind size 1200,420
set output "build/bench/growth.".kind
set multiplot layout 1,3
set key top left
set yrange [0:*]
set grid ytics
set style data linespoints
set pointsize 0.8
do for [block = 0:2] {
	set title word("window decoders devices", block + 1)
	set ylabel block == 0 ? "milliseconds" : ""
	plot for [step = 2:6] "build/bench/growth.dat" index block using 0:step:xtic(1) \
		title word("bind open reset close unbind", step - 1) linewidth 2
}
unset multiplot
