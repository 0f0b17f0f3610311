// Whether a few rows tell that no table of codes will be chosen, as of most pictures, before all values are counted.
#include "codes.hpp"
#include "rows.hpp"

#include <cmath>
#include <cstring>

namespace {

// Values that are too far apart to be counted by their places: in order.
void count_by_order(const Area &area, std::vector<uint64_t> *codes, std::vector<double> *weights)
{
    std::vector<uint64_t> all;
    all.reserve(area.count());
    int64_t least = surveyed(area).least;
    uint32_t nbytes = zgr_dtype_nbytes(area.dtype), unused = 64 - 8 * nbytes;
    bool is_signed = area.dtype == ZGR_INT8 || area.dtype == ZGR_INT16 || area.dtype == ZGR_INT32 || area.dtype == ZGR_INT64;
    for_each_row_of(area, [&](uint8_t, const uint8_t *data, ptrdiff_t row, ptrdiff_t column, uint32_t height, uint32_t width) {
        for (uint32_t y = 0; y < height; y++)
            for (uint32_t x = 0; x < width; x++) {
                uint64_t value = 0;
                std::memcpy(&value, data + ptrdiff_t(y) * row + ptrdiff_t(x) * column, nbytes);
                value = is_signed ? uint64_t(int64_t(value << unused) >> unused) : value;
                all.push_back(value - uint64_t(least));
            }
    });
    std::sort(all.begin(), all.end());
    for (uint64_t value : all) {
        if (codes->empty() || codes->back() != value) {
            codes->push_back(value);
            weights->push_back(0);
        }
        weights->back()++;
    }
}

bool widths_are_hopeless(const std::vector<double> &gaps, const std::vector<double> &weights, double gain, double divisor, double least_gain, double most_gap)
{
    constexpr double often = 4, by_chance = 16; // pixels that share a value, which has neighbours then where nothing stretched it; gaps that are not there by chance
    std::vector<double> frequent = weights;
    double all = 0, most = 0, widest_gap = 0;
    size_t side_by_side = 0;
    for (double &weight : frequent) {
        all += weight;
        weight = weight >= often ? weight : 0;
        most += weight;
    }
    if (2 * most > all && gain_of(gaps, frequent.data(), divisor) < least_gain)
        return true;
    for (double gap : gaps) {
        side_by_side += gap == divisor;
        widest_gap = std::max(widest_gap, gap);
    }
    return 2 * side_by_side > gaps.size() && widest_gap > by_chance * most_gap * divisor * std::exp2(gain); // else even_codes may find a line
}

// Every 16th row, or every 8th, where that is so many pixels for each possible value, or so many; without rows, there are none.
Area few_rows(Area sample, uint64_t span)
{
    constexpr uint64_t pixels_a_value = 4, enough_pixels = 8192;
    uint64_t enough = span < enough_pixels / pixels_a_value ? pixels_a_value * span : enough_pixels;
    for (size_t stride : {16, 8}) {
        Area rows = sample;
        rows.shape[1] = (sample.shape[1] + stride - 1) / stride;
        rows.strides[1] = sample.strides[1] * ptrdiff_t(stride);
        if (rows.count() >= enough)
            return rows;
    }
    sample.shape[1] = 0;
    return sample;
}

} // namespace

bool is_hopeless(const Area &sample, uint64_t divisor, uint64_t span, double least_gain, double most_gap)
{
    Area rows = few_rows(sample, span);
    if (rows.count() == 0)
        return false;
    std::vector<uint64_t> codes;
    std::vector<double> weights;
    Counts found = counted(rows);
    double gain;
    if (found.is_known) {
        gain = gain_of(found, divisor);
        if (gain < least_gain)
            return true;
        codes.assign(found.above, found.above + found.size);
        weights.assign(found.counts, found.counts + found.size);
    } else {
        count_by_order(rows, &codes, &weights);
        gain = gain_of(gaps_of(codes.data(), codes.size()), weights.data(), double(divisor));
        if (gain < least_gain)
            return true;
    }
    return widths_are_hopeless(gaps_of(codes.data(), codes.size()), weights, gain, double(divisor), least_gain, most_gap);
}

void bind_hopeless(nb::module_ &module)
{
    module.def(
        "is_hopeless",
        [](nb::handle sample, uint64_t divisor, uint64_t span, double least_gain, double most_gap) {
            Pixels pixels(sample, false);
            Area area = checked_area(pixels, false);
            Unlocked unlocked(pixels.nbytes() / 16); // that many are looked at
            return is_hopeless(area, divisor, span, least_gain, most_gap);
        },
        "sample"_a, "divisor"_a, "span"_a, "least_gain"_a, "most_gap"_a);
}
