using Microsoft.AspNetCore.Components.Authorization;
using Microsoft.AspNetCore.Components.Server.Circuits;
using Uns.Ui.Access;

namespace Uns.Hub.Access;

/// <summary>Tells an open page who its reader is, and keeps the reader's session in use while something is done there.</summary>
internal sealed class CircuitVisitor(Visitor visitor, SessionBook sessions, AuthenticationStateProvider state) : CircuitHandler
{
    public override async Task OnCircuitOpenedAsync(Circuit circuit, CancellationToken cancellationToken) => visitor.Take((await state.GetAuthenticationStateAsync()).User);

    public override Func<CircuitInboundActivityContext, Task> CreateInboundActivityHandler(Func<CircuitInboundActivityContext, Task> next) => context =>
    {
        sessions.Use(visitor.Key);
        return next(context);
    };
}
