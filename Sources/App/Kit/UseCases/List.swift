import Domain
import Linux
import Ports

extension Context {
  /// `list`: shows all containers below the root directory.
  func list() throws(Failure) {
    let containers = try allContainers()
    if invocation.flag(.quiet) {
      return Output.write(containers.reduce("") { $0 + $1.id.text + "\n" })
    }
    let owners = OwnerNames()
    switch invocation.text(.format) {
    case nil, "", "table": Output.write(table(containers, owners))
    case "json":
      let entries = containers.map { $0.json(owner: owners.name($0.entry.owner)) }
      Output.write(.array(entries), .compact)
    case .some(let other): throw .argument(.format(other))
    }
  }

  /// All containers by name; one that vanishes meanwhile, or cannot be read, is passed over.
  private func allContainers() throws(Failure) -> [LoadedContainer] {
    var containers: [LoadedContainer] = []
    for id in try identifiers() {
      do throws(Failure) {
        if let container = try find(id) { containers.append(container) }
      } catch {
        Output.error("load container \(id): \(error)\n")
      }
    }
    return containers
  }

  /// The names of all containers, in order.
  func identifiers() throws(Failure) -> [ContainerID] {
    var ids: [ContainerID] = []
    do throws(StateError) {
      ids = try store.identifiers()
    } catch {
      if case .system(let failure) = error, failure.errno == .noSuchFileOrDirectory, !root.isExplicit {
        return []
      }
      throw .state(error)
    }
    if ids.isEmpty, root.isExplicit { try requireRoot() }
    return ids.sorted { $0.text < $1.text }
  }

  /// A root directory that was named must be there; the default one is made by the first container.
  private func requireRoot() throws(Failure) {
    do throws(Errno) {
      try Host.checkDirectory(root.path)
    } catch {
      throw .system(SystemFailure(call: "open", subject: root.path, errno: error))
    }
  }

  private func table(_ containers: [LoadedContainer], _ owners: OwnerNames) -> String {
    let rows = containers.map { container in
      [
        container.id.text, String(container.report.pid ?? 0), container.status.rawValue,
        container.report.bundle, (container.entry.state?.created ?? container.intent.created).description,
        owners.name(container.entry.owner),
      ]
    }
    return Table.text([["ID", "PID", "STATUS", "BUNDLE", "CREATED", "OWNER"]] + rows)
  }
}

/// Columns at least 12 wide, 3 apart.
enum Table {
  static func text(_ rows: [[String]]) -> String {
    let count = rows.first?.count ?? 0
    let widths = (0..<count).map { column in
      rows.reduce(12) { max($0, $1[column].unicodeScalars.count + 3) }
    }
    return rows.reduce("") { text, row in
      let cells = row.enumerated().map { column, cell in
        column == count - 1 ? cell : cell + padding(widths[column] - cell.unicodeScalars.count)
      }
      return text + cells.joined() + "\n"
    }
  }

  private static func padding(_ count: Int) -> String {
    String(repeating: " ", count: max(0, count))
  }
}

/// User names, from the host's passwd file.
final class OwnerNames {
  private let names: [UInt32: String]

  convenience init() {
    self.init(text: String(decoding: (try? Host.read("/etc/passwd", limit: 16 << 20)) ?? [], as: UTF8.self))
  }

  init(text: String) {
    var names: [UInt32: String] = [:]
    for line in text.fields(at: "\n") {
      let fields = line.fields(at: ":", maxSplits: 3, omittingEmpty: false)
      guard fields.count == 4, !fields[0].isEmpty, let uid = UInt32(fields[2]), names[uid] == nil else {
        continue
      }
      names[uid] = String(fields[0])
    }
    self.names = names
  }

  /// The name of a user, or `#` and the number.
  func name(_ uid: UInt32) -> String {
    names[uid] ?? "#\(uid)"
  }
}
