// Threads for look-ups of names, which block: shared by all workers.
#pragma once

#include <chrono>
#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "loop/thread.h"

namespace fairlead::net {

/// Threads that look names up. One is enough until a look-up hangs; then others are started, so that one dead name does
/// not keep all the others waiting. Whoever asks for a name that is being looked up gets the same answer: a dead name
/// takes one thread, however many workers want it. A Found that is made of nothing means failure.
template <class Found>
class LookUpThreads {
 public:
  /// Names that may hang at a time before everything waits for the time-outs of the look-ups.
  static constexpr unsigned kMost = 8;
  /// Looks a name up, blocking.
  using LookUp = std::function<Found(const std::string& host)>;
  /// Where an answer goes; called on a thread of these, must be quick.
  using Answer = std::function<void(Found)>;

  explicit LookUpThreads(LookUp look_up) : state_(std::make_shared<State>()) { state_->look_up = std::move(look_up); }
  ~LookUpThreads() { stop(); }
  LookUpThreads(const LookUpThreads&) = delete;
  LookUpThreads& operator=(const LookUpThreads&) = delete;

  /// Any thread. After stop() nothing is answered.
  void ask(std::string host, Answer answer);
  /// No answer is under way when this returns, and none comes later. A look-up that takes more than a second longer is
  /// left to end by itself, since nothing can interrupt it. Idempotent.
  void stop();

 private:
  struct State;
  // What stop() grants look-ups that are under way.
  static constexpr auto kStopPatience = std::chrono::seconds(1);

  static void run(const std::shared_ptr<State>& state);

  // Outlives us while a thread is stuck in a look-up.
  std::shared_ptr<State> state_;
};

/// What the threads share.
template <class Found>
struct LookUpThreads<Found>::State {
  struct Question {
    std::string host;
    std::vector<Answer> answers;
  };

  LookUp look_up;
  std::mutex mutex;
  std::condition_variable wake;
  std::condition_variable ended;
  std::deque<std::shared_ptr<Question>> questions;
  /// Those and the ones under way, by their host.
  std::unordered_map<std::string, std::shared_ptr<Question>> open;
  unsigned running = 0;
  unsigned idle = 0;
  bool stopping = false;
};

template <class Found>
void LookUpThreads<Found>::ask(std::string host, Answer answer) {
  const std::lock_guard lock(state_->mutex);
  if (state_->stopping) return;
  if (const auto same = state_->open.find(host); same != state_->open.end()) {
    same->second->answers.push_back(std::move(answer));
    return;
  }
  if (state_->questions.size() >= state_->idle && state_->running < kMost &&
      loop::start_detached("fairlead-dns", [state = state_] { run(state); })) {
    ++state_->running;
  }
  if (state_->running == 0) return answer(Found{});  // no room for a single thread: tried again when it is asked again
  auto question = std::make_shared<typename State::Question>();
  question->host = std::move(host);
  question->answers.push_back(std::move(answer));
  state_->open.emplace(question->host, question);
  state_->questions.push_back(std::move(question));
  state_->wake.notify_one();
}

template <class Found>
void LookUpThreads<Found>::stop() {
  std::unique_lock lock(state_->mutex);
  state_->stopping = true;
  state_->questions.clear();
  state_->open.clear();
  state_->wake.notify_all();
  state_->ended.wait_for(lock, kStopPatience, [this] { return state_->running == 0; });
}

template <class Found>
void LookUpThreads<Found>::run(const std::shared_ptr<State>& state) {
  std::unique_lock lock(state->mutex);
  for (;;) {
    ++state->idle;
    state->wake.wait(lock, [&state] { return state->stopping || !state->questions.empty(); });
    --state->idle;
    if (state->stopping) break;
    const std::shared_ptr<typename State::Question> question = std::move(state->questions.front());
    state->questions.pop_front();
    lock.unlock();
    const Found result = state->look_up(question->host);
    lock.lock();
    // cppcheck-suppress identicalConditionAfterEarlyExit; the lock was open in between
    if (state->stopping) break;
    state->open.erase(question->host);
    // Under the lock, so that stop() waits for it.
    for (const Answer& answer : question->answers) answer(result);
  }
  --state->running;
  state->ended.notify_all();
}

}  // namespace fairlead::net
