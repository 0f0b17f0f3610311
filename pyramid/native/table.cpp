// What a table of codes is chosen by (ziggurat/valuetable.py): arithmetic on the codes there are, of which there may be few, and
// then calls of numpy would take longer than coding the pixels.
#include "codes.hpp"

#include <cmath>

std::vector<double> gaps_of(const uint64_t *codes, size_t count)
{
    std::vector<double> gaps;
    gaps.reserve(count);
    for (size_t i = 1; i < count; i++) {
        if (codes[i] <= codes[i - 1])
            raise(ZGR_ERROR_ARGUMENT, "codes increase");
        gaps.push_back(double(codes[i] - codes[i - 1]));
    }
    return gaps;
}

// Of codes so far apart, by how many pixels have each.
double gain_of(const std::vector<double> &gaps, const double *weights, double divisor)
{
    double bits = 0, all = 0;
    for (size_t i = 0; i <= gaps.size() && !gaps.empty(); i++) {
        if (weights[i] == 0)
            continue;
        double before = gaps[i > 0 ? i - 1 : 0], after = gaps[i < gaps.size() ? i : i - 1];
        bits += std::log2((before + after) / 2 / divisor) * weights[i];
        all += weights[i];
    }
    return all > 0 ? bits / all : 0;
}

namespace {

using Codes = nb::ndarray<const uint64_t, nb::ndim<1>, nb::c_contig, nb::device::cpu>;
using Weights = nb::ndarray<const double, nb::ndim<1>, nb::c_contig, nb::device::cpu>;

void check_weights(const Codes &codes, const Weights &weights)
{
    if (weights.size() != codes.size())
        raise(ZGR_ERROR_ARGUMENT, "a weight for each code");
}

double codes_gain(const Codes &codes, const Weights &weights, double divisor)
{
    check_weights(codes, weights);
    return gain_of(gaps_of(codes.data(), codes.size()), weights.data(), divisor);
}

double median(std::vector<double> values)
{
    size_t half = values.size() / 2;
    std::nth_element(values.begin(), values.begin() + ptrdiff_t(half), values.end());
    double upper = values[half];
    if (values.size() % 2)
        return upper;
    return (*std::max_element(values.begin(), values.begin() + ptrdiff_t(half)) + upper) / 2;
}

// By how many places neighbours of such a distance differ.
double places_apart(double gap, double step) { return std::max(std::nearbyint(gap / step), 1.0); }

// At which places of a line with the usual distance of neighbours codes lie: the distance that fits best is found in turns with them.
std::vector<double> line_places(const std::vector<double> &gaps, double step)
{
    constexpr int most_turns = 20;
    constexpr double few = 1024; // gaps below it are counted: most are equal to others
    uint32_t small[size_t(few)] = {};
    double apart[size_t(few)] = {}; // of those that there are
    std::vector<double> large, places(gaps.size() + 1);
    double sum = 0, largest_small = 0, used = step;
    for (double gap : gaps) {
        sum += gap;
        if (gap >= few) {
            large.push_back(gap);
        } else {
            small[size_t(gap)]++;
            largest_small = std::max(largest_small, gap);
        }
    }
    for (int turn = 0; turn < most_turns; turn++) {
        double last = 0;
        used = step;
        for (size_t gap = 1; gap <= size_t(largest_small); gap++)
            if (small[gap] > 0)
                last += small[gap] * (apart[gap] = places_apart(double(gap), step));
        for (double gap : large)
            last += places_apart(gap, step);
        double better = sum / last;
        if (better == step)
            break;
        step = better;
    }
    for (size_t i = 0; i < gaps.size(); i++)
        places[i + 1] = places[i] + (gaps[i] < few ? apart[size_t(gaps[i])] : places_apart(gaps[i], used));
    return places;
}

// Whether codes lie where the straight line that fits best has them, but for rounding.
bool is_line(const std::vector<double> &places, const std::vector<double> &above)
{
    double n = double(places.size()), centre = 0, middle = 0, products = 0, squares = 0;
    for (size_t i = 0; i < places.size(); i++) {
        centre += places[i];
        middle += above[i];
    }
    centre /= n;
    middle /= n;
    for (size_t i = 0; i < places.size(); i++) {
        products += (places[i] - centre) * (above[i] - middle);
        squares += (places[i] - centre) * (places[i] - centre);
    }
    double slope = products / squares;
    for (size_t i = 0; i < places.size(); i++)
        if (std::abs(middle + slope * (places[i] - centre) - above[i]) > 1 + slope / 4)
            return false;
    return true;
}

// The codes of all places: on one line, if those that there are lie on one, which takes few bytes to tell; else between each two of them.
// None if two are the same.
std::vector<uint64_t> fill_line(const std::vector<double> &places, const std::vector<double> &above)
{
    std::vector<uint32_t> whole(places.begin(), places.end());
    std::vector<uint64_t> codes(above.begin(), above.end());
    zgr_line line;
    if (zgr_line_through(whole.data(), codes.data(), uint32_t(whole.size() - 1), &line)) {
        codes.resize(whole.back() + size_t(1));
        for (size_t i = 0; i < codes.size(); i++)
            codes[i] = zgr_line_at(&line, uint32_t(i));
        return codes;
    }
    codes.clear();
    for (size_t i = 0; i + 1 < places.size(); i++) {
        double slope = (above[i + 1] - above[i]) / (places[i + 1] - places[i]);
        for (double at = places[i]; at < places[i + 1]; at++)
            codes.push_back(uint64_t(std::nearbyint(slope * (at - places[i]) + above[i])));
    }
    codes.push_back(uint64_t(above.back()));
    for (size_t i = 1; i < codes.size(); i++)
        if (codes[i] <= codes[i - 1])
            return {};
    return codes;
}

nb::object even_codes(const Codes &exact, const Weights &weights, double divisor)
{
    constexpr uint64_t doubles_are_exact_below = uint64_t(1) << 53;
    check_weights(exact, weights);
    std::vector<double> gaps = gaps_of(exact.data(), exact.size());
    if (gaps.empty() || exact.data()[gaps.size()] >= doubles_are_exact_below)
        return nb::none();
    if (2 * size_t(std::count(gaps.begin(), gaps.end(), divisor)) > gaps.size()) // their median, as none is less
        return nb::none();
    double step = median(gaps);
    std::vector<double> places = line_places(gaps, step), above(exact.data(), exact.data() + exact.size());
    if (places.back() > ZGR_TABLE_SPAN_MAX || !is_line(places, above))
        return nb::none();
    std::vector<uint64_t> codes = fill_line(places, above);
    if (codes.empty())
        return nb::none();
    std::vector<double> all_weights(codes.size());
    for (size_t i = 0; i < places.size(); i++)
        all_weights[size_t(places[i])] = weights.data()[i];
    return nb::make_tuple(numpy_copy(codes), gain_of(gaps_of(codes.data(), codes.size()), all_weights.data(), divisor));
}

double table_bits(const Codes &codes)
{
    constexpr int head_bits = 5, raw_from = head_bits - 1, table_header_bits = 64, line_bits = 8 * (4 + ZGR_LINE_NBYTES);
    std::vector<double> gaps = gaps_of(codes.data(), codes.size());
    zgr_line line;
    if (gaps.size() >= ZGR_LINE_LEAST_SPAN && zgr_line_through(nullptr, codes.data(), uint32_t(gaps.size()), &line))
        return line_bits;
    std::vector<uint32_t> counts(65 << head_bits);
    double bits = table_header_bits;
    for (double gap : gaps) {
        int length = std::ilogb(gap), raw = std::max(length - raw_from, 0);
        counts[size_t(std::ldexp(gap, -raw)) + (size_t(length) << head_bits)]++;
        bits += raw;
    }
    for (uint32_t count : counts)
        if (count > 0)
            bits += count * std::log2(double(gaps.size()) / count) + 4;
    return bits;
}

} // namespace

void bind_table(nb::module_ &module)
{
    module.def("codes_gain", &codes_gain, "codes"_a, "weights"_a, "divisor"_a);
    module.def("even_codes", &even_codes, "codes"_a, "weights"_a, "divisor"_a);
    module.def("table_bits", &table_bits, "codes"_a);
}
