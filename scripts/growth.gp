# SPDX-License-Identifier: GPL-2.0
# Plots build/bench/growth.dat, microseconds in the columns of GROWING in bench-report; called as:
# gnuplot -e "kind='svg'" growth.gp
set terminal kind size 1200,900
set output "build/bench/growth.".kind
set multiplot layout 2,3
set key below maxrows 2
set yrange [0:*]
set grid ytics
set style data linespoints
set pointsize 0.8
do for [block = 0:2] {
	set title "life: ".word("window decoders devices", block + 1)
	set ylabel block == 0 ? "milliseconds" : ""
	plot for [column = 2:6] "build/bench/growth.dat" index block using 0:(column(column) / 1e3):xtic(1) \
		title word("bind open reset close unbind", column - 1) linewidth 2
}
array name[6] = ["config read", "component BAR read", "decoder read", "decoder write", "fault of 4 KiB", "fault of 2 MiB"]
# Columns 11 and 12 have the time of all the faults in 256 MiB.
array count[6] = [1, 1, 1, 1, 65536, 128]
do for [block = 0:2] {
	set title "access: ".word("window decoders devices", block + 1)
	set ylabel block == 0 ? "microseconds" : ""
	plot for [n = 1:6] "build/bench/growth.dat" index block using 0:(column(n + 6) / count[n]):xtic(1) \
		title name[n] linewidth 2
}
unset multiplot
