import Domain
import Linux
import Ports

extension Context {
  /// `check`: tells whether this host can run containers, or the one of a bundle, and what helps where it cannot.
  /// Nothing is changed. Returns 0 when it can, else 1.
  func check() throws(Failure) -> Int32 {
    let isJSON = try isCheckJSON()
    let path = try Paths.anchored(invocation.operands.first ?? invocation.filled(.bundle))
    let results = try checkResults(path)
    let canRun = !results.contains(where: \.isObstacle)
    if isJSON {
      let json = JSON.object([
        .init("canRun", .bool(canRun)), .init("checks", .array(results.map(\.json))),
      ])
      Output.write(json, .spaces, end: "\n")
    } else {
      Output.write(CheckReport(results, hasBundle: path != nil).text(Colours.ofOutput))
    }
    return canRun ? 0 : 1
  }

  private func isCheckJSON() throws(Failure) -> Bool {
    switch invocation.text(.format) {
    case nil, "", "text", "table": return false
    case "json": return true
    case .some(let other): throw .argument(.format(other))
    }
  }

  private func checkResults(_ path: String?) throws(Failure) -> [CheckResult] {
    var bundle: Bundle?
    var results: [CheckResult] = []
    if let path {
      do throws(Failure) {
        bundle = try readBundle(path)
      } catch {
        results.append(.unmet(.root, .unusable, "\(error)", remedy: "correct the bundle"))
      }
    }
    let host: HostView
    do throws(Failure) {
      host = try hostView(bundle?.document.linux?.cgroupsPath)
    } catch {
      guard case .system = error else { throw error }
      let procfs = CheckResult(
        group: "host", name: "procfs", need: .required, verdict: .init(.unusable, "\(error)"),
        remedy: "mount -t proc proc /proc")
      return [procfs] + results
    }
    if let bundle { results += try bundleResults(bundle, host) }
    return HostCheck.results(for: host) + results
  }

  private func hostView(_ cgroupsPath: String?) throws(Failure) -> HostView {
    let configured = try configuration().criuPath
    let criu = invocation.filled(.criu) ?? configured
    let probe = composition.probe()
    var facts = try facts()
    do throws(SystemFailure) { facts.securityModules = try probe.securityModules() } catch {
      throw .system(error)
    }
    facts.landlockVersion = probe.landlockVersion()
    facts.hasCoreScheduling = probe.hasCoreScheduling()
    let (driver, chooser) = try driver(forNew: cgroupsPath)
    let programs = [criu, "newuidmap", "newgidmap"]
    return HostView(
      facts: facts, inspection: probe.inspect(facts.cgroups, programs: programs), driver: driver,
      reason: chooser.reason(cgroupsPath), criu: criu)
  }

  /// What the container of a bundle would be refused for, as far as can be told without making anything.
  private func bundleResults(_ bundle: Bundle, _ host: HostView) throws(Failure) -> [CheckResult] {
    var results = bundle.document.unmetWishes(on: host)
    do throws(Failure) {
      results += violations(of: bundle, on: try facts(bundle.document.questions))
      let manager = try cgroups(forNew: bundle.document.linux?.cgroupsPath)
      _ = try Creation.locate(Creation.cgroupRequest(try planID(), bundle, self), manager)
      _ = try classOfService(of: bundle.document, try planID())
      _ = try Creation.compileFilter(bundle, self, keeps: false)
    } catch {
      results.append(.unmet(.root, .unusable, "\(error)", remedy: "correct config.json, or the host"))
    }
    guard results.isEmpty else { return results }
    return [.met("config.json", bundle.path)]
  }

  private func violations(of bundle: Bundle, on facts: Facts) -> [CheckResult] {
    var results = ValidationRule.violations(of: bundle.document, on: facts).map {
      CheckResult.unmet($0.pointer, .unusable, $0.message, remedy: "correct config.json")
    }
    results += bundle.document.warnings(on: facts).map {
      CheckResult.unmet($0.pointer, .unusable, $0.message, need: .optional, remedy: "it is passed over")
    }
    if bundle.document.process == nil {
      results.append(
        .unmet(
          JSONPointer(text: "/process"), .missing, "nothing to run", remedy: "say what the container runs"))
    }
    let root = bundle.document.root?.path ?? ""
    let place = root.isAbsolutePath ? root : bundle.path + "/" + root
    do throws(Errno) {
      try Host.checkDirectory(place)
    } catch {
      results.append(
        .unmet(
          JSONPointer(text: "/root/path"), .missing, "\(place): \(error)",
          remedy: "put a root file system there"))
    }
    return results
  }
}

extension Context.DriverChooser {
  /// Why a driver was chosen.
  fileprivate func reason(_ path: String?) -> String {
    switch self {
    case .commandLine: "the command line says so"
    case .configuration: "the host's configuration says so"
    case .unitPath:
      "auto, since cgroupsPath \((path ?? "").quoted) names a unit and systemd is the first process"
    case .noSystemd:
      "auto, since systemd is not the first process, though cgroupsPath \((path ?? "").quoted) names a unit"
    case .noUnitPath:
      path.map { "auto, since cgroupsPath \($0.quoted) is not of the form slice:prefix:name" }
        ?? "auto, for all but a cgroupsPath of the form slice:prefix:name where systemd is the first process"
    }
  }
}
