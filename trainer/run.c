/**
 * run.c: a whole run of the program, from the data to the test error.
 *
 * At a report, the checkpoint is written first: a change that the answer brings is then not in the
 * checkpoint of that step, and going back to it takes the change back.
 */
#include "trainer/run.h"

#include "trainer/checkpoint.h"
#include "trainer/checkpoint_folder.h"
#include "trainer/machine.h"
#include "trainer/model.h"
#include "trainer/tuner.h"

#include <math.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

typedef struct state {
    const options *wanted;
    data *data;
    training *training;
    tuner tuner;
    const char *folder; // of checkpoints, or NULL
    uint64_t reported;  // the last step that the tuner has from an earlier attempt
    bool ended;         // before the last epoch: stopped, paused, or by a signal
    int signal;
} state;

// Telling people what is done ---------------------------------------------------------------------

static void note(const char *format, ...) __attribute__((format(printf, 1, 2)));

static void note(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    fprintf(stderr, "caviar-train: ");
    vfprintf(stderr, format, args);
    fprintf(stderr, "\n");
    va_end(args);
}

static void describe_columns(const schema *columns)
{
    const column *target = columns->columns ? &columns->columns[columns->target] : NULL;
    if (target && columns->is_quantity)
        note("'%s' is learned as a quantity (mean %.6g, deviation %.6g); --task classification "
             "learns its values as classes",
             target->name, target->mean, target->deviation);
    for (size_t i = 0; i < columns->column_count; i++)
        if (columns->columns[i].kind == COLUMN_LEFT_OUT)
            note("column '%s' is left out: %s", columns->columns[i].name,
                 columns->columns[i].name[0] ? "nearly every row has another text there"
                                             : "it has no name");
}

static void describe_training(const state *at)
{
    const network *net = at->training->net;
    char shape[ARCHITECTURE_TEXT_SIZE];
    architecture_print(&net->architecture, shape);
    note("%s, %zu parameters; %zu samples to train on, %zu to validate; %s, %s", shape,
         net->parameter_count, data_training(at->data)->count, data_validation(at->data)->count,
         machine_core(), net->kernels->name);
    describe_columns(&data_preprocessing(at->data)->schema);
    if (net->architecture.batch_norm && at->training->options.batch <= 4)
        note("warning: batch normalisation of mini-batches of %zu trains badly; use --batch 8 or "
             "more, or --batch-norm off",
             at->training->options.batch);
}

// Checkpoints -------------------------------------------------------------------------------------

static caviar_code write_checkpoint(const state *at, train_error *error)
{
    char path[PATH_MAX];
    const progress *now = &at->training->progress;
    checkpoint_place place = {now->step, now->update};
    caviar_code code = checkpoint_path(at->folder, place, path, error);
    if (!code)
        code = checkpoint_write(path, at->training, &at->wanted->hyper, error);
    if (!code)
        code = checkpoint_folder_prune(at->folder, (size_t)at->wanted->checkpoint_keep, error);
    return code;
}

// Tells the tuner which steps can be gone back to. A checkpoint counts for the report that it was
// written with; one that was written in between, at a signal, is of no step.
static caviar_code tell_checkpoints(state *at, train_error *error)
{
    checkpoint_list list = {0};
    caviar_code code = checkpoint_folder_list(at->folder, &list, error);
    int64_t *steps = code ? NULL : calloc(list.count + 1, sizeof *steps);
    size_t count = 0;
    if (!code && !steps)
        code = train_fail_memory(error);
    for (size_t i = 0; i < list.count && !code; i++)
        if (count == 0 || steps[count - 1] != (int64_t)list.places[i].step)
            steps[count++] = (int64_t)list.places[i].step;
    if (!code)
        code = tuner_keep(&at->tuner, steps, count, error);
    free(steps);
    free(list.places);
    return code;
}

// Goes to a checkpoint, and drops those behind it, which are of a course that is given up.
static caviar_code go_to(const state *at, checkpoint_place place, train_error *error)
{
    char path[PATH_MAX];
    caviar_code code = checkpoint_path(at->folder, place, path, error);
    if (!code)
        code = checkpoint_read(path, at->training, &at->wanted->hyper, error);
    if (!code)
        code = checkpoint_folder_cut(at->folder, place, error);
    return code;
}

// Goes on from the newest checkpoint up to the step that the tuner has. One that is damaged is
// passed over; without any, the training begins at its beginning.
static caviar_code resume(state *at, train_error *error)
{
    checkpoint_list list = {0};
    caviar_code code = checkpoint_folder_list(at->folder, &list, error);
    bool found = false;
    for (size_t i = list.count; i > 0 && !found && !code; i--) {
        if (list.places[i - 1].step > at->reported)
            continue;
        code = go_to(at, list.places[i - 1], error);
        found = !code;
        if (code == CAVIAR_CORRUPT) {
            note("warning: %s", error->sentence);
            code = CAVIAR_OK;
        }
    }
    free(list.places);
    if (!code && found)
        note("going on from step %llu", (unsigned long long)at->training->progress.step);
    return code;
}

// Goes back to the checkpoint that was written with report `step`: the first of that step.
static caviar_code go_back(const state *at, uint64_t step, train_error *error)
{
    checkpoint_list list = {0};
    if (!at->folder)
        return train_fail(
            error, CAVIAR_INVALID,
            "the tuner asks for step %llu again, but no --checkpoint folder was given",
            (unsigned long long)step);
    caviar_code code = checkpoint_folder_list(at->folder, &list, error);
    size_t i = 0;
    while (i < list.count && list.places[i].step != step)
        i++;
    if (!code && i == list.count)
        code = train_fail(error, CAVIAR_NOT_FOUND,
                          "the tuner asks for step %llu again, of which %s has no checkpoint; "
                          "--checkpoint-keep keeps more of them",
                          (unsigned long long)step, at->folder);
    if (!code)
        code = go_to(at, list.places[i], error);
    free(list.places);
    if (!code)
        note("back at step %llu", (unsigned long long)step);
    return code;
}

// Reports -----------------------------------------------------------------------------------------

static caviar_code fail_not_finite(const state *at, train_error *error)
{
    return train_fail(error, CAVIAR_INVALID,
                      "the loss is not finite in epoch %llu, mini-batch %llu; a smaller --lr may "
                      "help",
                      (unsigned long long)at->training->progress.epoch + 1,
                      (unsigned long long)at->training->progress.update + 1);
}

// Metrics [METRICS] that a report or a test has; the first is what to tune for.
enum { METRICS = 4 };

typedef struct metric_list {
    caviar_metric items[METRICS]; // [count]
    size_t count;
} metric_list;

static void add_metric(metric_list *list, const char *name, double value)
{
    list->items[list->count++] = (caviar_metric){name, value};
}

static double mean(double sum, uint64_t count)
{
    return count ? sum / (double)count : NAN;
}

// The root of the mean squared error, in the target's unit; the loss is half of it in the unit
// that the target is normalised to.
static double rmse(const state *at, const totals *sum)
{
    const schema *columns = &data_preprocessing(at->data)->schema;
    return columns->columns[columns->target].deviation * sqrt(2 * mean(sum->loss, sum->count));
}

// What training makes small, counted as a person would: errors, or the size of the error.
static double plain_error(const state *at, const totals *sum)
{
    bool is_quantity = data_preprocessing(at->data)->schema.is_quantity;
    return is_quantity ? rmse(at, sum) : mean((double)sum->wrong, sum->count);
}

// Adds the metrics of a sample list: NAMES are those of error or rmse, balanced error, loss.
static void add_evaluation(const state *at, const evaluation *of, const char *const names[4],
                           metric_list *list)
{
    bool is_quantity = data_preprocessing(at->data)->schema.is_quantity;
    add_metric(list, names[is_quantity ? 1 : 0], plain_error(at, &of->sum));
    if (at->training->balance)
        add_metric(list, names[2], of->balanced_error);
    add_metric(list, names[3], mean(of->sum.loss, of->sum.count));
}

static const char *const validation_names[] = {"val_error", "val_rmse", "val_balanced_error",
                                               "val_loss"};

// The metrics of a report: of the validation part, and of the mini-batches since the last report.
// Without a validation part, there is only the second.
static metric_list list_metrics(const state *at, const evaluation *validation, const totals *train)
{
    metric_list list = {.count = 0};
    bool held_out = data_validation(at->data)->count > 0;
    if (held_out)
        add_evaluation(at, validation, validation_names, &list);
    add_metric(&list, "train_loss", mean(train->loss, train->count));
    if (!held_out)
        add_metric(&list,
                   data_preprocessing(at->data)->schema.is_quantity ? "train_rmse" : "train_error",
                   plain_error(at, train));
    return list;
}

// What a report is judged by with --patience.
static score judge(const state *at, const evaluation *validation, const totals *train)
{
    const totals *sum = data_validation(at->data)->count ? &validation->sum : train;
    score of = {mean((double)sum->wrong, sum->count), mean(sum->loss, sum->count)};
    if (at->training->balance && sum == &validation->sum)
        of.error = validation->balanced_error;
    if (data_preprocessing(at->data)->schema.is_quantity)
        of.error = of.loss;
    return of;
}

static bool are_finite(const metric_list *list)
{
    for (size_t i = 0; i < list->count; i++)
        if (!isfinite(list->items[i].value))
            return false;
    return true;
}

// One number that is none spoils the others: a share of errors stays one when the loss overflows.
static void spoil(metric_list *list)
{
    for (size_t i = 0; i < list->count; i++)
        list->items[i].value = NAN;
}

// What changes comes before the checkpoint of a pause, and after that of a restore.
static caviar_code obey(state *at, caviar_verdict verdict, train_error *error)
{
    caviar_code code = CAVIAR_OK;
    if (verdict == CAVIAR_VERDICT_RESTORE)
        code = go_back(at, (uint64_t)caviar_trial_restore_step(at->tuner.trial), error);
    tuner_take_changes(&at->tuner, &at->training->hyper);
    if (verdict == CAVIAR_VERDICT_PAUSE && at->folder)
        code = write_checkpoint(at, error);
    if (verdict == CAVIAR_VERDICT_PAUSE && !at->folder)
        note("warning: paused without a --checkpoint folder; it will begin at its beginning again");
    at->ended = verdict == CAVIAR_VERDICT_PAUSE || verdict == CAVIAR_VERDICT_STOP;
    return code;
}

static caviar_code report(state *at, train_error *error)
{
    totals train = at->training->progress.sum;
    evaluation validation = training_evaluate(at->training, data_validation(at->data));
    metric_list metrics = list_metrics(at, &validation, &train);
    caviar_verdict verdict = CAVIAR_VERDICT_CONTINUE;
    training_count_report(at->training, judge(at, &validation, &train));
    uint64_t step = at->training->progress.step;
    bool finite = are_finite(&metrics);
    if (!finite)
        spoil(&metrics);
    caviar_code code = CAVIAR_OK;
    if (finite && at->folder && step % (uint64_t)at->wanted->checkpoint_every == 0)
        code = write_checkpoint(at, error);
    if (!code && at->folder && at->tuner.trial)
        code = tell_checkpoints(at, error);
    if (!code && at->tuner.trial && step <= at->reported)
        tuner_pass(&at->tuner, step, &at->training->hyper);
    else if (!code)
        code = tuner_report(&at->tuner, step, metrics.items, metrics.count, &verdict, error);
    if (!code && !finite)
        code = fail_not_finite(at, error);
    return code ? code : obey(at, verdict, error);
}

// A loss that is not finite cannot be measured any better: every metric is NaN.
static caviar_code report_not_finite(state *at, train_error *error)
{
    caviar_verdict verdict;
    evaluation nothing = {.balanced_error = NAN};
    metric_list metrics = list_metrics(at, &nothing, &nothing.sum);
    uint64_t step = at->training->progress.step + 1;
    caviar_code code =
        tuner_report(&at->tuner, step, metrics.items, metrics.count, &verdict, error);
    return code ? code : fail_not_finite(at, error);
}

// The run -----------------------------------------------------------------------------------------

static caviar_code end_by_signal(state *at, train_error *error)
{
    at->ended = true;
    note("ended by signal %d after mini-batch %llu", at->signal,
         (unsigned long long)at->training->progress.update);
    return at->folder ? write_checkpoint(at, error) : CAVIAR_OK;
}

static caviar_code train(state *at, train_error *error)
{
    caviar_code code = CAVIAR_OK;
    while (!code && !at->ended && !training_is_done(at->training)) {
        if (!training_step(at->training))
            return report_not_finite(at, error);
        if (training_is_due(at->training))
            code = report(at, error);
        if (!code && !at->ended && (at->signal = machine_signal()) != 0)
            code = end_by_signal(at, error);
    }
    return code;
}

// With --patience: goes back to the best network, and tells how it does.
static caviar_code take_best(state *at, train_error *error)
{
    const training *of = at->training;
    const gains *top = of->best ? &of->best->gains : NULL;
    metric_list list = {.count = 0};
    if (!top || top->step == 0 || top->step == of->progress.step)
        return CAVIAR_OK;
    note("the best report was step %llu of %llu; its network is the one that is kept",
         (unsigned long long)top->step, (unsigned long long)of->progress.step);
    best_restore(of->best, of->net);
    if (data_validation(at->data)->count == 0)
        return CAVIAR_OK;
    evaluation kept = training_evaluate(at->training, data_validation(at->data));
    add_evaluation(at, &kept, validation_names, &list);
    return tuner_tell(&at->tuner, list.items, list.count, error);
}

static caviar_code test(const state *at, train_error *error)
{
    static const char *const names[] = {"test_error", "test_rmse", "test_balanced_error",
                                        "test_loss"};
    metric_list list = {.count = 0};
    evaluation cost = training_evaluate(at->training, data_test(at->data));
    add_evaluation(at, &cost, names, &list);
    for (size_t i = 0; i < list.count; i++)
        printf("%s%s=%.6g", i ? " " : "", list.items[i].name, list.items[i].value);
    printf("\n");
    return fflush(stdout) ? train_fail(error, CAVIAR_IO, "cannot write to standard output")
                          : CAVIAR_OK;
}

static caviar_code finish(state *at, train_error *error)
{
    caviar_code code = take_best(at, error);
    if (!code && at->wanted->save)
        code =
            model_write(at->wanted->save, at->training->net, data_preprocessing(at->data), error);
    return code || data_test(at->data)->count == 0 ? code : test(at, error);
}

static caviar_code make_training(state *at, train_error *error)
{
    const options *wanted = at->wanted;
    const kernels *table = NULL;
    caviar_code code = kernels_choose(wanted->kernels, &table, error);
    if (code)
        return code;
    architecture shape = options_architecture(wanted, data_preprocessing(at->data));
    training_options settings = {
        .seed = (uint64_t)wanted->seed,
        .batch = (size_t)wanted->batch,
        .epochs = (size_t)wanted->epochs,
        .report_every = (size_t)wanted->report_every,
        .schedule = {wanted->decay, wanted->decay_steps, (double)wanted->epochs},
        .optimizer = wanted->optimizer,
        .balanced = wanted->class_weights == WEIGHTS_BALANCED,
        .patience = (size_t)wanted->patience,
    };
    return training_new(&settings, &wanted->hyper, &shape, wanted->init, table, at->data,
                        &at->training, error);
}

// Where checkpoints go; NULL for nowhere.
static const char *folder_of(const options *wanted)
{
    const char *folder = wanted->checkpoint ? wanted->checkpoint : getenv("CAVIAR_DIR");
    return folder && *folder && strcmp(folder, "none") != 0 ? folder : NULL;
}

static caviar_code prepare(state *at, train_error *error)
{
    caviar_code code = data_open(&at->wanted->data, &at->data, error);
    if (code)
        return code;
    machine_prepare((int)at->wanted->threads);
    code = make_training(at, error);
    if (!code)
        code = tuner_join(&at->tuner, error);
    if (code)
        return code;
    describe_training(at);
    at->reported = tuner_first_step(&at->tuner);
    at->folder = folder_of(at->wanted);
    code = tuner_introduce(&at->tuner, at->folder != NULL, error);
    if (!code && at->folder)
        code = checkpoint_folder_make(at->folder, error);
    if (!code && at->folder)
        code = resume(at, error);
    if (!code) // what was changed at this step came behind its checkpoint
        tuner_pass(&at->tuner, at->training->progress.step, &at->training->hyper);
    return code;
}

caviar_code run(const options *wanted, int *ret_signal, train_error *error)
{
    state at = {.wanted = wanted};
    caviar_code code = prepare(&at, error);
    if (!code)
        code = train(&at, error);
    if (!code && !at.ended)
        code = finish(&at, error);
    *ret_signal = at.signal;
    tuner_leave(&at.tuner);
    training_free(at.training);
    data_close(at.data);
    return code;
}
