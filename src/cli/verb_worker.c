/**
 * verb_worker.c: caviar worker
 */
#include "cli/running.h"

static const cav_flag flags[] = {
    {'j', "parallel", "N", "trials at a time in this worker (default 1)"},
    CAV_SHOW_FLAGS,
};

static const cav_example examples[] = {
    {"caviar worker --store postgresql://me@db/caviar --study mnist -j 4",
     "run trials of a study that is in a database, four at a time"},
    {"caviar worker --store /data/team.db", "the same of an SQLite file on this machine"},
    {"caviar worker --store postgresql://me@db/caviar --study mnist --folder /shared/mnist",
     "with the trials' files where others reach them: they go on from its checkpoints"},
};

static cav_exit run(const cav_arguments *arguments)
{
    cav_error error = {0};
    cav_study *study;
    int64_t parallel = 1;
    if (cav_flag_int(arguments, "parallel", 1, 100000, &parallel, &error))
        return cav_complain_usage(arguments, &error);
    if (cav_cli_open(arguments, NULL, false, &study, &error))
        return cav_complain(&error);
    return cav_cli_run_study(arguments, study,
                             &(cav_running_how){.parallel = parallel, .joins = true});
}

const cav_verb cav_verb_worker = {
    .name = "worker",
    .group = "Run",
    .summary = "run trials of a study that is in a store, beside other workers",
    .operands = "",
    .description =
        "Joins a study as one of any number of workers, on this machine or, with a PostgreSQL "
        "store, on any. A worker may come and go at any time. It takes trials that wait, makes new "
        "ones as long as the study's budget lasts, which counts for all workers together, and "
        "ends when the study is over: while others still run trials it stays, as one of these may "
        "have to be run again.\n\n"
        "A worker keeps what it runs by a heartbeat. When it dies, its trials go to other "
        "workers once their lease of a minute is over: from their checkpoints where the trials' "
        "folders (--folder) are shared, else from the beginning. What it sends after that is "
        "refused, and every result is recorded once.\n\n"
        "'caviar stop' and 'caviar pause' reach all workers. SIGTERM ends this one: its trials are "
        "given back at once.",
    .flags = flags,
    .flag_count = CAV_COUNT_OF(flags),
    .has_store = true,
    .has_json = true,
    .most = 0,
    .examples = examples,
    .example_count = CAV_COUNT_OF(examples),
    .run = run,
};
