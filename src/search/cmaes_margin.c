/**
 * cmaes_margin.c: the correction of one coordinate, section 4 of the paper.
 *
 * Only the mean and the stretch change; sigma and C, which the other coordinates share, do not.
 */
#include "search/cmaes_margin.h"

#include "base/normal.h"

#include <math.h>

// So little that it is no spread for any level, and enough for the mean's digits to resolve it.
static const double least_spread = 1e-9;

// In an outermost cell there is one border; the mean stays near enough to it.
static void correct_outer(cav_margin_axis *axis, double border, double margin)
{
    double reach = axis->stretch * axis->deviation * -cav_normal_quantile(margin);
    double away = axis->mean - border;
    if (fabs(away) > reach)
        axis->mean = border + copysign(reach, away);
}

// In other cells the three probabilities are mended, and mean and stretch follow from them.
static void correct_inner(cav_margin_axis *axis, double low, double high, double margin)
{
    double spread = axis->stretch * axis->deviation, half = margin / 2;
    double below = cav_normal_cdf((low - axis->mean) / spread);
    double above = cav_normal_cdf((axis->mean - high) / spread), within = 1 - below - above;
    if (below >= half && above >= half)
        return;
    below = fmax(below, half);
    above = fmax(above, half);
    double excess = 1 - below - above - within, room = below + within + above - 3 * half;
    double rest_below = below + excess * (below - half) / room;
    double rest_above = above + excess * (above - half) / room;
    double z_below = -cav_normal_quantile(fmin(rest_below, 0.5 - 1e-10));
    double z_above = -cav_normal_quantile(fmin(rest_above, 0.5 - 1e-10));
    axis->stretch = (high - low) / ((z_below + z_above) * axis->deviation);
    axis->mean = (low * z_above + high * z_below) / (z_below + z_above);
}

void cav_margin_correct(cav_margin_axis *axis, double low, double high, double margin)
{
    axis->stretch = fmax(axis->stretch, least_spread / axis->deviation);
    if (isinf(low) && isinf(high))
        return; // the one level that there is
    if (isinf(low) || isinf(high))
        correct_outer(axis, isinf(low) ? high : low, margin);
    else
        correct_inner(axis, low, high, margin);
}
