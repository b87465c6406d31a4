// The end of an engine's work, in good order.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "engine/admission.h"
#include "engine/control.h"
#include "engine/events.h"
#include "engine/worker_thread.h"

namespace fairlead::engine {

/// Stops accepting, lets exchanges finish, cuts what is left, and tells it with a "drained" event. Control thread.
class Drain {
 public:
  using Workers = std::vector<std::unique_ptr<WorkerThread>>;

  Drain(const Workers& workers, Control& control, const Admission& admission, Events& events)
      : workers_(workers), control_(control), admission_(admission), events_(events) {}
  /// Begins now; after `limit` nanoseconds what is left is cut.
  void begin(Nanos limit);

 private:
  void look_again(Nanos until, bool first);
  void cut();
  void done(std::uint32_t cut);

  const Workers& workers_;
  Control& control_;
  const Admission& admission_;
  Events& events_;
};

}  // namespace fairlead::engine
