using Uns.Hub.Changes;
using Uns.Ui.Access;
using Uns.Ui.Changes;

namespace Uns.Hub.Access;

/// <summary>The log as a visitor reads it: who signed in, and from where, is for administrators.</summary>
internal sealed class VisitorLog(LogBook log, Visitor visitor) : ILogBook
{
    public void Post(string kind, string thing, string words, string author) => log.Post(kind, thing, words, author);

    public Task<IReadOnlyList<LogRow>> ReadAsync(LogFilter filter, CancellationToken cancellationToken)
    {
        visitor.Demand(Role.Viewer);
        return log.ReadAsync(visitor.May(Role.Administrator) ? filter : filter with { Without = LogKinds.Access }, cancellationToken);
    }
}
