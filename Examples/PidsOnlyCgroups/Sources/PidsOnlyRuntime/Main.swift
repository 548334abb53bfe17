import Kit
import PidsOnlyCgroups

@main
struct Main {
  static func main() {
    Kit.exit(Kit.main { .standard.replacing(cgroups: { _, _ in PidsOnlyCgroups() }) })
  }
}
