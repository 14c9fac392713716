/**
 * cmaes_margin.h: keeping the neighbouring levels of a whole number within reach.
 */
#ifndef CAV_SEARCH_CMAES_MARGIN_H
#define CAV_SEARCH_CMAES_MARGIN_H

/** A coordinate that has levels: it is drawn as mean + stretch * deviation * N(0, 1). */
typedef struct cav_margin_axis {
    double mean, stretch, deviation;
} cav_margin_axis;

/**
 * Moves the mean and sets the stretch so that a draw leaves the cell from `low` to `high`, which
 * the mean lies in, with probability `margin` at least (in the middle half of it on either side).
 * An end is infinite where the cell is the outermost. Hamano, Saito, Nomura, Shirakawa: "CMA-ES
 * with margin", GECCO 2022.
 */
void cav_margin_correct(cav_margin_axis *axis, double low, double high, double margin);

#endif
