#include "middleware/retry.h"

namespace fairlead::middleware {

Verdict Retry::on_request(Context& context) const {
  context.facilities.set_retry(config_);
  return Verdict::kNext;
}

}  // namespace fairlead::middleware
