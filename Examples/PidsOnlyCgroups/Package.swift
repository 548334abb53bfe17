// swift-tools-version: 6.2
import PackageDescription

// A backend from a package of its own: it implements a port, proves itself with the port's conformance suite,
// and builds a runtime in which it takes the place of the standard one.
let package = Package(
  name: "PidsOnlyCgroups",
  dependencies: [.package(name: "martlet", path: "../..")],
  targets: [
    .target(
      name: "PidsOnlyCgroups",
      dependencies: [
        .product(name: "MartletDomain", package: "martlet"),
        .product(name: "MartletPorts", package: "martlet"),
      ]),
    .executableTarget(
      name: "PidsOnlyRuntime",
      dependencies: ["PidsOnlyCgroups", .product(name: "MartletKit", package: "martlet")]),
    .testTarget(
      name: "PidsOnlyCgroupsTests",
      dependencies: [
        "PidsOnlyCgroups", .product(name: "MartletDomain", package: "martlet"),
        .product(name: "MartletPortConformance", package: "martlet"),
      ]),
  ]
)
