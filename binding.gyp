# CMakeLists.txt builds the addon. This file only lets node-gyp, which is what node-gyp-build and prebuildify call, start
# that build.
{
  'targets': [{
    'target_name': 'fairlead',
    'type': 'none',
    'actions': [{
      'action_name': 'cmake',
      'inputs': ['CMakeLists.txt'],
      'outputs': ['<(PRODUCT_DIR)/fairlead.node'],
      'action': ['node', 'bindings/build.mjs', '<(CONFIGURATION_NAME)', '<(PRODUCT_DIR)'],
    }],
  }],
}
