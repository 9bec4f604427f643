from aws_cdk import App, CfnOutput, Stack
from serverless_vod import ServerlessVod

app = App()
stack = Stack(app, "Videos")
vod = ServerlessVod(stack, "Vod")
CfnOutput(stack, "Url", value=vod.url)
if vod.auth.user_pool:
    CfnOutput(stack, "UserPoolId", value=vod.auth.user_pool.user_pool_id)
app.synth()
