import Domain
import Ports

/// Hooks, each of which is noted.
final class TracedHooks: HookRunner {
  private let base: any HookRunner
  private let trace: Trace

  init(_ base: any HookRunner, _ trace: Trace) {
    (self.base, self.trace) = (base, trace)
  }

  func run(
    _ hook: Hook, state: String, inside target: HookTarget?, files: HookFiles
  ) throws(HookError) {
    defer { trace.annotate(hook.path) }
    try trace.call("HookRunner.run") { () throws(HookError) in
      try base.run(hook, state: state, inside: target, files: files)
    }
  }
}

/// A reader of documents whose calls are noted.
final class TracedDocuments: DocumentReader {
  private let base: any DocumentReader
  private let trace: Trace

  init(_ base: any DocumentReader, _ trace: Trace) {
    (self.base, self.trace) = (base, trace)
  }

  func parse(_ bytes: [UInt8], limits: DocumentLimits) throws(DocumentError) -> JSON {
    defer { trace.annotate("\(bytes.count) bytes") }
    return try trace.call("DocumentReader.parse") { () throws(DocumentError) in
      try base.parse(bytes, limits: limits)
    }
  }
}

/// A compiler of seccomp profiles whose calls are noted.
final class TracedSeccomp: SeccompCompiler {
  private let base: any SeccompCompiler
  private let trace: Trace

  init(_ base: any SeccompCompiler, _ trace: Trace) {
    (self.base, self.trace) = (base, trace)
  }

  func compile(_ profile: SeccompProfile) throws(SeccompError) -> SeccompFilter {
    try trace.call("SeccompCompiler.compile") { () throws(SeccompError) in try base.compile(profile) }
  }
}

/// A probe whose calls are noted.
final class TracedProbe: HostProbe {
  private let base: any HostProbe
  private let trace: Trace

  init(_ base: any HostProbe, _ trace: Trace) {
    (self.base, self.trace) = (base, trace)
  }

  func facts() throws(SystemFailure) -> Facts {
    try trace.call("HostProbe.facts") { () throws(SystemFailure) in try base.facts() }
  }

  func shared(_ namespaces: [Namespace]) -> NamespaceSet {
    trace.call("HostProbe.shared") { base.shared(namespaces) }
  }

  func securityModules() throws(SystemFailure) -> SecurityModules {
    try trace.call("HostProbe.securityModules") { () throws(SystemFailure) in try base.securityModules() }
  }

  func resctrlMountPoint() throws(SystemFailure) -> String? {
    try trace.call("HostProbe.resctrlMountPoint") { () throws(SystemFailure) in try base.resctrlMountPoint() }
  }

  func landlockVersion() -> Int { base.landlockVersion() }

  func hasCoreScheduling() -> Bool { base.hasCoreScheduling() }

  func inspect(_ layout: CgroupLayout, programs: [String]) -> HostInspection {
    base.inspect(layout, programs: programs)
  }
}

/// The way of network devices, noted.
final class TracedNetworkDevices: NetworkDevices {
  private let base: any NetworkDevices
  private let trace: Trace

  init(_ base: any NetworkDevices, _ trace: Trace) {
    (self.base, self.trace) = (base, trace)
  }

  func move(_ devices: [NetDevice], to process: ProcessIdentity) throws(NetworkDeviceError) {
    try trace.call("NetworkDevices.move") { () throws(NetworkDeviceError) in
      try base.move(devices, to: process)
    }
  }
}
