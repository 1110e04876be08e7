using Microsoft.Extensions.DependencyInjection;
using Radzen;

namespace Uns.Ui;

/// <summary>What the pages need in the container.</summary>
public static class UiServices
{
    /// <summary>Adds the component library's own services.</summary>
    public static IServiceCollection AddRadzen(this IServiceCollection services) => services.AddRadzenComponents();
}
