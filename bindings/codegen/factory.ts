/** Writes the C++ function that builds a middleware from its record, one case per line of the registry. */
import { middlewares } from '../../lib/middlewares/index.js';
import { cppBanner, type GeneratedFile, snakeCase } from './file.js';

export function factoryHeader(): GeneratedFile {
  const names = middlewares.map(({ wire }) => wire.name);
  const text = [
    cppBanner,
    '#include <memory>\n',
    ...names.map((name) => `#include "middleware/${snakeCase(name)}.h"`),
    '#include "middleware/middleware.h"',
    '#include "snapshot/generated/records.gen.h"\n',
    'namespace fairlead::middleware {\n',
    '/// Builds the middleware that `ref` names, or null when its index or kind is out of range. `configs` must outlive it.',
    'inline std::unique_ptr<Middleware> create(const wire::MiddlewareRef& ref, const wire::MiddlewareConfigs& configs,',
    '                                          const BuildContext& context) {',
    '  switch (static_cast<wire::MiddlewareKind>(ref.kind)) {',
    ...names.flatMap((name) => [
      `    case wire::MiddlewareKind::k${name}:`,
      `      if (ref.index >= configs.${snakeCase(name)}.size()) return nullptr;`,
      `      return std::make_unique<${name}>(configs.${snakeCase(name)}[ref.index], ref, context);`,
    ]),
    '  }',
    '  return nullptr;',
    '}\n',
    '}  // namespace fairlead::middleware\n',
  ].join('\n');
  return { path: 'native/middleware/generated/factory.gen.h', text };
}
