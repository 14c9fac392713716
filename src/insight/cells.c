/**
 * cells.c: from coordinates to cells.
 */
#include "insight/cells.h"

#include "insight/parzen.h"

#include <math.h>

// The part of the unit interval that the grid spans.
typedef struct stretch {
    double low, width;
} stretch;

static const cav_parameter *parameter_of(const cav_space *space, size_t dim)
{
    return &space->parameters[space->dims[dim]];
}

static double coordinate(const cav_history *history, const cav_ranking *ranking, size_t i,
                         size_t dim)
{
    return history->points[ranking->rows[i] * history->dim_count + dim];
}

static stretch find_stretch(const cav_parameter *parameter, const cav_history *history,
                            const cav_ranking *ranking, size_t dim)
{
    double share = parameter->special_share, low = INFINITY, high = -INFINITY;
    if (parameter->axis == CAV_AXIS_LEVELS) // their coordinates are the middles of wide cells
        return (stretch){share, 1 - share};
    for (size_t i = 0; i < ranking->count; i++) {
        double u = coordinate(history, ranking, i, dim);
        if (u >= share) { // and is not NaN
            low = fmin(low, u);
            high = fmax(high, u);
        }
    }
    return high > low ? (stretch){low, high - low} : (stretch){share, 1 - share};
}

// Sets the numbers of cells.
static void shape(cav_cells *cells, const cav_parameter *parameter)
{
    bool ordered = parameter->axis != CAV_AXIS_CHOICES;
    double share = ordered ? parameter->special_share : 1;
    cells->alone_count = ordered ? parameter->special_count : parameter->choice_count;
    cells->grid_count = ordered ? CAV_PARZEN_CELLS : 0;
    cells->count = cells->alone_count + cells->grid_count;
    cells->alone_even = cells->alone_count > 0 ? share / (double)cells->alone_count : 0;
    cells->grid_even = (1 - share) / CAV_PARZEN_CELLS;
}

static size_t cell_of(const cav_cells *cells, const cav_parameter *parameter, stretch grid,
                      double u)
{
    if (isnan(u))
        return cells->count;
    if (cells->grid_count == 0)
        return (size_t)cav_parameter_decode(parameter, u);
    if (u < parameter->special_share)
        return (size_t)(u / cells->alone_even);
    return cells->alone_count + cav_parzen_cell((u - grid.low) / grid.width);
}

void cav_cells_lay(cav_cells *cells, const cav_space *space, const cav_history *history,
                   const cav_ranking *ranking, size_t dim)
{
    const cav_parameter *parameter = parameter_of(space, dim);
    stretch grid = find_stretch(parameter, history, ranking, dim);
    shape(cells, parameter);
    for (size_t i = 0; i < ranking->count; i++)
        cells->of[i] =
            (uint32_t)cell_of(cells, parameter, grid, coordinate(history, ranking, i, dim));
}

size_t cav_cells_most(const cav_space *space)
{
    size_t most = 0;
    for (size_t dim = 0; dim < space->dim_count; dim++) {
        cav_cells cells;
        shape(&cells, parameter_of(space, dim));
        most = cells.count > most ? cells.count : most;
    }
    return most;
}
