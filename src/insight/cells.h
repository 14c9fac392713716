/**
 * cells.h: the axis of one parameter cut into cells, and the cell that each trial falls in.
 *
 * Choices and special values have a cell each. A range has a grid of cells of equal width on the
 * parameter's own scale; of a continuous one it spans what has been tried.
 */
#ifndef CAV_INSIGHT_CELLS_H
#define CAV_INSIGHT_CELLS_H

#include "insight/ranking.h"
#include "space/space.h"

typedef struct cav_cells {
    size_t alone_count; // cells that stand alone: choices, or special values
    size_t grid_count;  // then the cells of the grid: CAV_PARZEN_CELLS, or none
    size_t count;       // of both
    double alone_even;  // the part of the trials that each would get if they were spread evenly
    double grid_even;
    uint32_t *of; // [ranking->count] the trial's cell; `count` where the parameter is inactive
} cav_cells;

/** Fits the cells to a coordinate of the space and fills `of`, whose memory is the caller's. */
void cav_cells_lay(cav_cells *cells, const cav_space *space, const cav_history *history,
                   const cav_ranking *ranking, size_t dim);

/** The most cells that any coordinate of the space has. */
size_t cav_cells_most(const cav_space *space);

#endif
