package videos;

import io.github.serverlessvod.ServerlessVod;
import software.amazon.awscdk.App;
import software.amazon.awscdk.CfnOutput;
import software.amazon.awscdk.Stack;

/** Video on demand with all defaults. */
public final class Videos {
  public static void main(final String[] args) {
    final App app = new App();
    final Stack stack = new Stack(app, "Videos");
    final ServerlessVod vod = new ServerlessVod(stack, "Vod");
    CfnOutput.Builder.create(stack, "Url").value(vod.getUrl()).build();
    CfnOutput.Builder.create(stack, "UserPoolId").value(vod.getAuth().getUserPool().getUserPoolId()).build();
    app.synth();
  }
}
