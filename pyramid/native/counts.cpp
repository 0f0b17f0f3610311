// Which values pixels have, and whether a table of these is worth it.
#include "codes.hpp"
#include "rows.hpp"

#include <cmath>

Counts counted(const Area &area)
{
    zgr_survey range = surveyed(area);
    uint64_t span = uint64_t(range.most) - uint64_t(range.least);
    double pixel_count = double(area.count());
    if (span > ZGR_TABLE_SPAN_MAX || pixel_count > UINT32_MAX)
        return {range.least, false, nullptr, nullptr, 0};
    constexpr size_t few = 16384, block = 8; // few: four times as many counts stay in a cache
    size_t size = (size_t(span) + block) / block * block, apart = size <= few && pixel_count >= 4 * double(size) ? size : 0, found = 0;
    auto *counts = reinterpret_cast<uint32_t *>(thread_scratch((2 * size + 3 * apart) * sizeof(uint32_t))), *above = counts + size + 3 * apart;
    uint32_t *turns[4] = {counts, counts + apart, counts + 2 * apart, counts + 3 * apart};
    std::fill(counts, counts + size + 3 * apart, 0);
    for_each_row_of(area, [&](auto... part) { zgr_count_codes(turns, range.least, part...); });
    for (size_t i = 0; i < apart; i++)
        counts[i] += counts[i + apart] + counts[i + 2 * apart] + counts[i + 3 * apart];
    for (size_t from = 0; from < size; from += block) {
        uint32_t any = 0;
        for (size_t i = from; i < from + block; i++)
            any |= counts[i];
        if (any == 0)
            continue;
        for (size_t i = from; i < from + block; i++) { // no branch, which would be guessed wrong where there are gaps
            uint32_t count = counts[i];
            above[found] = uint32_t(i);
            counts[found] = count;
            found += count > 0;
        }
    }
    return {range.least, true, above, counts, found};
}

// The sum over all pixels of the logarithm of how far the codes around one lie apart: that of the first and last code is what lies
// on their one side.
double gain_of(const Counts &found, uint64_t divisor)
{
    if (found.size < 2)
        return 0;
    double bits = 0, pixels = 0, logarithms[256] = {}; // of half a whole number, where they have been asked for: most distances are small
    for (size_t i = 0; i < found.size; i++) {
        uint32_t before = found.above[i > 0 ? i - 1 : 0], after = found.above[i + 1 < found.size ? i + 1 : i];
        uint64_t twice_around = uint64_t(after - before) << (i == 0 || i + 1 == found.size);
        pixels += found.counts[i];
        if (twice_around == 2 * divisor)
            continue; // a logarithm of 0, as most are
        double &known = logarithms[twice_around < 256 ? twice_around : 0];
        if (twice_around >= 256 || known == 0)
            known = std::log2(double(twice_around) / 2 / double(divisor));
        bits += known * found.counts[i];
    }
    return bits / pixels;
}

namespace {

nb::object count_codes(nb::handle array, uint64_t lowest, uint64_t divisor, double least_gain)
{
    Pixels pixels(array, false);
    Area area = checked_area(pixels, false);
    std::vector<uint64_t> above;
    std::vector<double> counts;
    Counts found;
    double gain = 0;
    {
        Unlocked unlocked(pixels.nbytes());
        found = counted(area);
        gain = gain_of(found, divisor);
        if (gain >= least_gain) {
            uint64_t least = uint64_t(found.least) - lowest;
            counts.assign(found.counts, found.counts + found.size);
            above.assign(found.above, found.above + found.size);
            for (uint64_t &code : above)
                code += least;
        }
    }
    if (!found.is_known)
        return nb::none();
    return nb::make_tuple(gain, numpy_copy(above), numpy_copy(counts));
}

} // namespace

void bind_counts(nb::module_ &module)
{
    module.def("count_codes", &count_codes, "array"_a, "lowest"_a, "divisor"_a, "least_gain"_a = 0.0);
}
