/**
 * tune.cpp: a study in one's own process, in C++17: handles that free themselves, and threads.
 *
 *     c++ -std=c++17 tune.cpp -o tune $(pkg-config --cflags --libs caviar) -pthread && ./tune
 */
#include <caviar.h>

#include <cmath>
#include <iostream>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

namespace {

template <auto function> struct Frees {
    template <class Handle> void operator()(Handle *handle) const { function(handle); }
};
using Space = std::unique_ptr<caviar_space, Frees<caviar_space_free>>;
using Study = std::unique_ptr<caviar_study, Frees<caviar_study_close>>;
using Trial = std::unique_ptr<caviar_trial, Frees<caviar_trial_free>>;

void check(caviar_code code, const char *message)
{
    if (code != CAVIAR_OK)
        throw std::runtime_error(message);
}

Space make_space()
{
    Space space(caviar_space_new());
    caviar_parameter rate{};
    rate.name = "rate";
    rate.scale = CAVIAR_SCALE_LOG;
    rate.low = 1e-4;
    rate.high = 10;
    check(caviar_space_add(space.get(), &rate), caviar_space_message(space.get()));
    caviar_parameter layers{};
    layers.name = "layers";
    layers.type = CAVIAR_TYPE_INT;
    layers.low = 1;
    layers.high = 8;
    check(caviar_space_add(space.get(), &layers), caviar_space_message(space.get()));
    return space;
}

Study open(const caviar_space *space)
{
    caviar_study_options options{};
    options.space = space;
    options.seed = 1;
    options.trial_budget = 60;
    caviar_study *opened = nullptr;
    caviar_code code = caviar_study_open(&options, &opened);
    Study study(opened); // also of a call that failed, for its message
    check(code, caviar_study_message(study.get()));
    return study;
}

// What is minimised here; least at rate = 0.01 with 3 layers.
double objective(double rate, std::int64_t layers)
{
    return std::pow(std::log10(rate) + 2, 2) + 0.1 * std::pow(static_cast<double>(layers) - 3, 2);
}

// Asks until the budget is spent; several threads do so at a time.
void work(caviar_study *study)
{
    for (caviar_trial *asked = nullptr; caviar_study_ask(study, &asked) == CAVIAR_OK;) {
        Trial trial(asked);
        double value = objective(caviar_trial_real(asked, "rate"), caviar_trial_int(asked, "layers"));
        if (caviar_trial_tell_value(asked, value) != CAVIAR_OK)
            std::cerr << caviar_trial_message(asked) << '\n';
    }
}

void tune()
{
    Space space = make_space();
    Study study = open(space.get());
    std::vector<std::thread> threads;
    for (int i = 0; i < 2; i++)
        threads.emplace_back(work, study.get());
    for (std::thread &thread : threads)
        thread.join();
    caviar_trial *found = nullptr;
    check(caviar_study_best(study.get(), &found), caviar_study_message(study.get()));
    Trial best(found);
    std::cout << caviar_trial_value(found, 0) << " at rate " << caviar_trial_real(found, "rate")
              << ", layers " << caviar_trial_int(found, "layers") << " (of "
              << caviar_study_trial_count(study.get()) << " trials)\n";
}

} // namespace

int main()
{
    try {
        tune();
    } catch (const std::exception &fault) {
        std::cerr << fault.what() << '\n';
        return 1;
    }
    return 0;
}
