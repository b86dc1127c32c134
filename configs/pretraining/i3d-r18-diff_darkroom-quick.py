_base_ = 'i3d-r18-w8-diff_darkroom-quick.py'

model = dict(backbone=dict(base_channels=64), cls_head=dict(in_channels=512))

# An eighth of the narrow network's, as its width is eight times as large.
learning_rate = 5e-4
optim_wrapper = dict(optimizer=dict(lr=learning_rate))
param_scheduler = [dict(_base_.param_scheduler[0], eta_max=learning_rate)]
