// What is known of the codes that pixels use: how many pixels have each, how far they lie apart, and what a table of them would save.
#pragma once

#include "native.hpp"

// counts.cpp: the values there are, as how far they lie above `least`, in order, and how many pixels have each.
struct Counts {
    int64_t least;
    bool is_known; // false where values are too far apart, or too many
    const uint32_t *above, *counts; // in the scratch of the thread
    size_t size;
};
Counts counted(const Area &area);
double gain_of(const Counts &found, uint64_t divisor); // as _core.pyi has it of count_codes

// table.cpp: how far increasing codes lie apart; and the gain again, by a weight for each.
std::vector<double> gaps_of(const uint64_t *codes, size_t count);
double gain_of(const std::vector<double> &gaps, const double *weights, double divisor);

// hopeless.cpp: as _core.pyi has it.
bool is_hopeless(const Area &sample, uint64_t divisor, uint64_t span, double least_gain, double most_gap);
