using Microsoft.AspNetCore.Components.Server.Circuits;
using Microsoft.Extensions.DependencyInjection;
using Radzen;
using Uns.Ui.Changes;
using Uns.Ui.Texts;

namespace Uns.Ui;

/// <summary>What the pages need in the container.</summary>
public static class UiServices
{
    /// <summary>Adds the component library's own services, and what belongs to one page's reader.</summary>
    public static IServiceCollection AddRadzen(this IServiceCollection services) => services
        .AddRadzenComponents().AddScoped<PageAuthor>().AddScoped<ChangeTarget>()
        .AddScoped<CircuitHandler, PageLanguageKeeper>();
}
