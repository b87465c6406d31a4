#include "middleware/middleware.h"

namespace fairlead::middleware {

loop::Task<Verdict> Middleware::on_request_async(Context&) const { co_return Verdict::kNext; }

}  // namespace fairlead::middleware
