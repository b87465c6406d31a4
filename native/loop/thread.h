// Threads of our own inside a process that is somebody else's.
#pragma once

#include <functional>
#include <thread>

namespace fairlead::loop {

/// Starts a thread that runs `body`, under `name` (at most 15 bytes) in debuggers and `top`. Signals to the process are
/// blocked on it: they belong to the host, whose handlers must run on its own threads.
std::thread start_thread(const char* name, std::function<void()> body);

/// The same for a thread that nobody joins; `name` is a literal. False when the system has no room for another thread.
bool start_detached(const char* name, std::function<void()> body);

}  // namespace fairlead::loop
